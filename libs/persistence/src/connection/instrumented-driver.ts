import { type DatabaseErrorKind, type DatabaseObserver, QUERY_TYPES, type QueryType } from '#core';
import pg from 'pg';
import { type ConnectCallback, WaitingPool, type WaitingPoolConfig } from './waiting-pool.js';

/** SQLSTATE classes of the connection: lost, or ended by the server. */
const CONNECTION_CLASSES = new Set(['08', '57']);
/** The server has no connection left, or refuses this one. */
const CONNECTION_STATES = new Set(['53300', '28000', '28P01', '3D000', '25P03', '25P04']);
const TIMEOUT_STATES = new Set(['57014', '55P03']);

/** Ended by its watch, because the server did not answer for too long. */
export class SocketTimeoutError extends Error {}

/** The driver, whose pools report the number of their connections and failed attempts to the observer. */
export function instrumentedDriver(observer: DatabaseObserver, max: number): object {
  const open = new Set<pg.Pool>();
  const sum = (count: (pool: pg.Pool) => number): number => [...open].reduce((total, pool) => total + count(pool), 0);
  observer.opened(() => ({
    active: sum(({ totalCount, idleCount }) => totalCount - idleCount),
    idle: sum(({ idleCount }) => idleCount),
    max,
  }));
  class InstrumentedPool extends WaitingPool {
    constructor(settings?: WaitingPoolConfig) {
      super(settings);
      open.add(this);
    }

    // eslint-disable-next-line @typescript-eslint/no-explicit-any -- two overloads: with a callback, or a promise
    override connect(callback?: any): any {
      if (!callback) return (super.connect() as Promise<unknown>).catch(reported);
      const reportingCallback: ConnectCallback = (...answer) => {
        if (answer[0]) observer.failed('connection_error');
        (callback as ConnectCallback)(...answer);
      };
      return super.connect(reportingCallback) as void;
    }

    // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as above
    override end(callback?: any): any {
      open.delete(this);
      return callback ? super.end(callback as () => void) : super.end();
    }
  }
  const reported = (error: unknown): never => {
    observer.failed('connection_error');
    throw error;
  };
  return { ...pg, Pool: InstrumentedPool };
}

/** Reports the duration or the error of a statement to the observer. @returns the same answer */
export function observed<T>(observer: DatabaseObserver, statement: unknown, answer: Promise<T>): Promise<T> {
  const start = performance.now();
  const type = queryType(statement);
  const answered = (): void => {
    if (type) observer.queried(type, (performance.now() - start) / 1000);
  };
  answer.then(answered, (error: unknown) => observer.failed(errorKindOf(error)));
  return answer;
}

/** The first of the parts that write, in a statement that begins with others. */
const WRITING_PART = /\b(INSERT)\s+INTO\b|\b(DELETE)\s+FROM\b|(?<!\bFOR\s+)\b(UPDATE)\b/i;

/** Undefined for what is no query of rows, such as the limits of a transaction. */
function queryType(statement: unknown): QueryType | undefined {
  const text = (typeof statement === 'string' ? statement : (statement as { text?: string } | undefined)?.text) ?? '';
  const first = /^\s*(\w+)/.exec(text)?.[1].toUpperCase();
  const word = first === 'WITH' ? (WRITING_PART.exec(text)?.slice(1).find(Boolean)?.toUpperCase() ?? 'SELECT') : first;
  return QUERY_TYPES.find((type) => type === word);
}

function errorKindOf(error: unknown): DatabaseErrorKind {
  if (error instanceof SocketTimeoutError) return 'timeout_error';
  const { code, severity } = error as { code?: string; severity?: string };
  // Only answers of the server have a severity; without one the connection broke.
  if (severity === undefined || code === undefined) return 'connection_error';
  if (TIMEOUT_STATES.has(code)) return 'timeout_error';
  return CONNECTION_CLASSES.has(code.slice(0, 2)) || CONNECTION_STATES.has(code) ? 'connection_error' : 'query_error';
}
