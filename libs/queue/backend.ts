import type { DatabaseConfig, QueueConfig, RedisConfig } from '#config';
import {
  type BackendFactory,
  type ConnectionOptions,
  createPostgresBackend,
  createRedisBackend,
  DEFAULT_SCHEMA,
  type RedisQueueBackend,
  runMigrations,
} from 'bullmq';
import pg from 'pg';

export const QUEUE_NAME = 'renders';

/** A producer answers a client and must fail fast; a consumer waits for its server for ever. */
export type QueueRole = 'producer' | 'consumer';

/** What BullMQ's classes need to work on the configured backend. */
export interface QueueBackend {
  readonly connection: ConnectionOptions;
  readonly factory: BackendFactory<RedisQueueBackend>;
  close(): Promise<void>;
}

export function openBackend(config: QueueConfig, role: QueueRole): QueueBackend {
  return config.backend === 'redis' ? openRedis(config.redis, role) : openPostgres(config.database);
}

function openRedis({ host, port, db, username, password, tls }: RedisConfig, role: QueueRole): QueueBackend {
  const patience =
    role === 'producer'
      ? { enableOfflineQueue: false, maxRetriesPerRequest: 1, connectTimeout: 5_000, commandTimeout: 5_000 }
      : { maxRetriesPerRequest: null };
  return {
    connection: { host, port, db, username, password, ...(tls ? { tls: {} } : {}), ...patience },
    factory: createRedisBackend,
    close: async () => undefined,
  };
}

function openPostgres(config: DatabaseConfig): QueueBackend {
  const pool = createPool(config);
  // The pool belongs to us: BullMQ cannot load the driver itself from an ES module.
  return {
    connection: pool,
    factory: createPostgresBackend as unknown as BackendFactory<RedisQueueBackend>,
    close: () => pool.end(),
  };
}

/** Creates or updates the tables of the PostgreSQL backend, in a schema of their own. Safe to repeat and to race. */
export async function migratePostgresQueue(config: DatabaseConfig): Promise<void> {
  const pool = createPool(config);
  try {
    const client = await pool.connect();
    try {
      await runMigrations(client, DEFAULT_SCHEMA);
    } finally {
      client.release();
    }
  } finally {
    await pool.end();
  }
}

function createPool({ host, port, name, user, password }: DatabaseConfig): pg.Pool {
  return new pg.Pool({
    host,
    port,
    database: name,
    user,
    password,
    max: 5,
    keepAlive: true,
    connectionTimeoutMillis: 5_000,
    application_name: 'pop-render queue',
    // BullMQ's statements name its tables without a schema.
    options: `-c search_path="${DEFAULT_SCHEMA}"`,
  });
}
