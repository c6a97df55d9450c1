export const QUERY_TYPES = ['SELECT', 'INSERT', 'UPDATE', 'DELETE'] as const;
export type QueryType = (typeof QUERY_TYPES)[number];

/** What went wrong: no connection came about or it broke; the server refused a statement; it took too long over one. */
export const DATABASE_ERRORS = ['connection_error', 'query_error', 'timeout_error'] as const;
export type DatabaseErrorKind = (typeof DATABASE_ERRORS)[number];

/** Connections of one pool at this moment. */
export interface PoolState {
  readonly active: number;
  readonly idle: number;
  readonly max: number;
}

/** Observes what this process does with the database. */
export abstract class DatabaseObserver {
  /** A pool that may be asked for its state from now on. */
  abstract opened(state: () => PoolState): void;
  /** A statement was answered. */
  abstract queried(type: QueryType, seconds: number): void;
  abstract failed(error: DatabaseErrorKind): void;
}
