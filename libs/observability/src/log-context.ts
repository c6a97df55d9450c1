import { AsyncLocalStorage } from 'node:async_hooks';

/** Fields that every line carries which is written during some work, such as `request_id` and `render_id`. */
export type LogFields = Readonly<Record<string, string | number | undefined>>;

const current = new AsyncLocalStorage<LogFields>();

/** Does the work with these fields, besides those it is in already, in each of its lines. Undefined ones add nothing. */
export function withLogFields<T>(fields: LogFields, work: () => T): T {
  const set = Object.entries(fields).filter(([, value]) => value !== undefined);
  return current.run({ ...current.getStore(), ...Object.fromEntries(set) }, work);
}

/**
 * Does the work without any. What a connection reports belongs to no request, though one of them may have caused the
 * connection to be made.
 */
export function withoutLogFields<T>(work: () => T): T {
  return current.exit(work);
}

/** The fields of the work that is being done here. */
export function logFields(): LogFields {
  return current.getStore() ?? {};
}
