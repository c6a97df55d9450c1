import { DependencyError } from '#core';

/** Runs a query; a fault of the connection or server becomes `database_unavailable`. */
export async function guarded<T>(query: () => Promise<T>): Promise<T> {
  try {
    return await query();
  } catch (error) {
    throw new DependencyError('database_unavailable', 'Database is unavailable', { cause: error });
  }
}
