import { DependencyError, PopRenderError } from '#core';
import { QueryFailedError } from 'typeorm';

/** SQLSTATE classes of errors of the server, not the statement: connection, rollback, resources, intervention, system. */
const SERVER_FAILURES = new Set(['08', '40', '53', '57', '58']);
/** Single states of that kind: a read-only server, and sessions that the server has ended. */
const SERVER_STATES = new Set(['25006', '25P03', '25P04', '55P03']);
/** A table, a column or a function that the migrations have not made yet. */
const SCHEMA_STATES = new Set(['3F000', '42P01', '42703', '42883']);

export const NOT_MIGRATED = 'Database schema is not migrated';

/** Runs a query; an error of the connection, the server or the schema becomes `database_unavailable`, a coded one passes. */
export async function mapDatabaseErrors<T>(query: () => Promise<T>): Promise<T> {
  try {
    return await query();
  } catch (error) {
    if (error instanceof PopRenderError) throw error;
    const state = sqlState(error);
    if (state !== undefined && SCHEMA_STATES.has(state)) {
      throw new DependencyError('database_unavailable', NOT_MIGRATED, { cause: error });
    }
    if (state !== undefined && !SERVER_FAILURES.has(state.slice(0, 2)) && !SERVER_STATES.has(state)) throw error;
    throw new DependencyError('database_unavailable', 'Database is unavailable', { cause: error });
  }
}

/** What the server answered to the statement; undefined when the statement did not get an answer. */
function sqlState(error: unknown): string | undefined {
  if (!(error instanceof QueryFailedError)) return undefined;
  // Only answers of the server have a severity; the codes of sockets, such as EPIPE, can look the same.
  const { code, severity } = error.driverError as { code?: string; severity?: string };
  return severity === undefined ? undefined : code;
}
