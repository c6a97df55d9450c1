import { PopRenderError } from '#core';

/** What went wrong at the start, and what to do about it. */
export function describe(thrown: unknown): string {
  const error = firstOf(thrown);
  const { code, port } = error as NodeJS.ErrnoException & { port?: number };
  if (code === 'EADDRINUSE') {
    return `Port ${port} is already in use. Stop what listens there, or choose another port in the configuration.`;
  }
  if (code === 'EACCES' && port !== undefined) return `Port ${port} may not be used by this user: choose another.`;
  if (!(error instanceof Error)) return String(error);
  const cause = error instanceof PopRenderError && error.cause !== undefined ? firstOf(error.cause) : undefined;
  return cause instanceof Error ? `${error.message}: ${cause.message}` : error.message;
}

/** A host of several addresses fails once for each; the first is enough. */
function firstOf(error: unknown): unknown {
  return error instanceof AggregateError ? error.errors[0] : error;
}
