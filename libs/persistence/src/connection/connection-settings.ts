import type { DatabaseConfig, TimeLimits } from '#config';
import type { DatabaseObserver } from '#core';
import type pg from 'pg';
import { timeoutClient } from './timeout-client.js';

/** Past the client's own limit: it ends the statements of a client that is gone. */
const SERVER_GRACE_MS = 500;

/** How connections of a pool are made and when they time out. */
export function connectionSettings(
  { connectMs, idleTimeoutMs }: TimeLimits,
  observer?: DatabaseObserver,
): pg.PoolConfig {
  const serverLimit = idleTimeoutMs + SERVER_GRACE_MS;
  return {
    Client: timeoutClient(idleTimeoutMs, observer),
    connectionTimeoutMillis: connectMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    statement_timeout: serverLimit,
    idle_in_transaction_session_timeout: serverLimit,
  };
}

/** Where a pool connects to. */
export function poolAddress({ host, port, name, user, password }: DatabaseConfig): pg.PoolConfig {
  return { host, port, database: name, user, password };
}
