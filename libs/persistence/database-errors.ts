import { DependencyError } from '#core';
import { QueryFailedError } from 'typeorm';

/** SQLSTATE classes in which the server, not the statement, is at fault: connection, rollback, resources, intervention, system. */
const SERVER_FAULTS = new Set(['08', '40', '53', '57', '58']);
const SQLSTATE = /^[0-9A-Z]{5}$/;

/** Runs a query; a fault of the connection or the server becomes `database_unavailable`. */
export async function guarded<T>(query: () => Promise<T>): Promise<T> {
  try {
    return await query();
  } catch (error) {
    if (isStatementFault(error)) throw error;
    throw new DependencyError('database_unavailable', 'Database is unavailable', { cause: error });
  }
}

function isStatementFault(error: unknown): boolean {
  if (!(error instanceof QueryFailedError)) return false;
  const { code } = error.driverError as { code?: string };
  return code !== undefined && SQLSTATE.test(code) && !SERVER_FAULTS.has(code.slice(0, 2));
}
