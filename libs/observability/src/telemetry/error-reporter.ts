import type { LogFields } from '../log-context.js';

/** What groups errors of a kind. */
export interface ErrorContext {
  readonly component: 'api' | 'worker';
  readonly code: string;
  readonly style?: string;
}

/** Tells people of errors that somebody should look into. */
export interface ErrorReporter {
  /** @param context ids of the request or render at hand, and of its trace */
  report(error: unknown, facts: ErrorContext, context: LogFields): void;
  /** Sends what is left, if that can be done within a second. */
  close(): Promise<void>;
}

/** Where errors are in the log and nowhere else. */
export const NO_REPORTER: ErrorReporter = { report: () => undefined, close: async () => undefined };
