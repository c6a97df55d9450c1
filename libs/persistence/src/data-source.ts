import { hostname } from 'node:os';
import { type DatabaseConfig, type TimeLimits, WORKER_TIME_LIMITS } from '#config';
import type { DatabaseObserver } from '#core';
import { connectionSettings, instrumentedDriver } from './connection/index.js';
import type { DataSourceOptions } from 'typeorm';
import { ENTITIES } from './tables.js';

/** A service that keeps a pool of connections. */
export type ServiceRole = 'api' | 'worker';

/** PostgreSQL cuts longer names off. */
const MAX_NAME_LENGTH = 63;

/** What connections are called in pg_stat_activity: those of one process alike, and unlike those of any other. */
function applicationName(role?: ServiceRole): string {
  if (role === undefined) return 'pop-render';
  const [start, end] = [`pop-render ${role} `, `:${process.pid}`];
  return start + hostname().slice(0, MAX_NAME_LENGTH - start.length - end.length) + end;
}

/** How TypeORM reaches the database, and what observes it. The schema changes by written migrations only. */
export function dataSourceOptions(
  config: DatabaseConfig,
  limits: TimeLimits = WORKER_TIME_LIMITS,
  observer?: DatabaseObserver,
  role?: ServiceRole,
): DataSourceOptions & { type: 'postgres' } {
  return {
    type: 'postgres',
    host: config.host,
    port: config.port,
    database: config.name,
    username: config.user,
    password: config.password,
    entities: ENTITIES,
    synchronize: false,
    installExtensions: false,
    applicationName: applicationName(role),
    // Of idle connections that break: the next statement finds a new one.
    poolErrorHandler: () => undefined,
    ...(observer ? { driver: instrumentedDriver(observer, config.pool.max) } : {}),
    extra: {
      ...connectionSettings(limits, observer),
      // Only the observed pools can let callers and attempts have limits of their own.
      ...(observer && limits.attemptMs ? { connectionTimeoutMillis: limits.attemptMs, waitMs: limits.connectMs } : {}),
      ...{ min: config.pool.min, max: config.pool.max },
    },
  };
}
