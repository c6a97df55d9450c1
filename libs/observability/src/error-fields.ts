import { isNativeError } from 'node:util/types';

const MAX_CHAIN = 5;

/**
 * The documented fields of a line about an error: `error` and `traceback`, the latter with the chain of its causes, and
 * its type and code. They are for the log, never for a client.
 */
export function errorFields(thrown: unknown): Record<string, unknown> {
  if (!isNativeError(thrown)) return { error: String(thrown) };
  const { code } = thrown as { code?: unknown };
  return {
    error: thrown.message || reasonsOf(thrown).map(String).join('; ') || thrown.name,
    error_type: thrown.name,
    ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
    traceback: chain(thrown).join('\nCaused by: '),
  };
}

function chain(error: Error, length = 1): string[] {
  const trace = error.stack ?? String(error);
  const [cause] = reasonsOf(error);
  if (!isNativeError(cause) || length === MAX_CHAIN) return [trace];
  return [trace, ...chain(cause, length + 1)];
}

/** A host of several addresses fails once for each. */
function reasonsOf(error: Error): unknown[] {
  const { errors } = error as Partial<AggregateError>;
  return Array.isArray(errors) ? errors : error.cause === undefined ? [] : [error.cause];
}
