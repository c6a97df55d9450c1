import type { LogFields } from '../log-context.js';

/** What groups errors of a kind. */
export interface ErrorContext {
  readonly component: 'api' | 'worker';
  readonly code: string;
  readonly style?: string;
}

/** Reports errors that need a developer's attention. */
export interface ErrorReporter {
  /** @param labels group the reports @param context ids of the current request or render, and of its trace */
  report(error: unknown, labels: ErrorContext, context: LogFields): void;
  /** Sends pending reports, for a second at most. */
  close(): Promise<void>;
}

/** Reports nothing: errors are only in the log. */
export const NO_REPORTER: ErrorReporter = { report: () => undefined, close: async () => undefined };
