import { AsyncLocalStorage } from 'node:async_hooks';

/** Fields of every line that is logged during some work, such as `request_id` and `render_id`. */
export type LogFields = Readonly<Record<string, string | number | undefined>>;

const current = new AsyncLocalStorage<LogFields>();

/** Runs the work with these fields, added to the current ones, in each of its log lines. Undefined ones are left out. */
export function withLogFields<T>(fields: LogFields, work: () => T): T {
  const set = Object.entries(fields).filter(([, value]) => value !== undefined);
  return current.run({ ...current.getStore(), ...Object.fromEntries(set) }, work);
}

/**
 * Runs the work without any. What a connection logs belongs to no request, though a request may have opened it.
 */
export function withoutLogFields<T>(work: () => T): T {
  return current.exit(work);
}

/** The fields of the current work. */
export function logFields(): LogFields {
  return current.getStore() ?? {};
}
