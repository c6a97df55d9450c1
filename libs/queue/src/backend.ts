import { type DatabaseConfig, QUEUE_POOL_MAX, type QueueConfig, type TimeLimits, WORKER_TIME_LIMITS } from '#config';
import type { OutageLogger } from '#core';
import { connectionSettings, poolAddress } from '#persistence/connection';
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
import type { JobReader } from './job-reader.js';
import { LazyConnectPool } from './lazy-connect-pool.js';
import { PostgresJobReader } from './postgres-job-reader.js';
import { RedisJobReader } from './redis-job-reader.js';
import { RedisConnection, redisOptions } from './redis-connection.js';

export const QUEUE_NAME = 'renders';

/** What BullMQ's classes need to work on the configured backend. */
export interface QueueBackend {
  readonly connection: ConnectionOptions;
  readonly factory: BackendFactory<RedisQueueBackend>;
  close(): Promise<void>;
}

/** A backend whose server may be away when it is asked. */
export interface ProducerBackend extends QueueBackend {
  readonly jobs: JobReader;
  /** Resolves when there is a connection to work on. @throws Error at once when the server is away */
  connected(): Promise<void>;
  /** @throws DependencyError in plain words when the server is not fit to hold the queue */
  check(): Promise<void>;
}

/** A worker's blocking read is silent for up to ten seconds; what is silent for longer is frozen. */
const CONSUMER_SILENCE_MS = 15_000;

/** A producer answers somebody and fails fast; a consumer waits for its server for ever, also when it starts first. */
export function openBackend(
  config: QueueConfig,
  role: 'producer',
  limits: TimeLimits,
  logger?: OutageLogger,
): ProducerBackend;
export function openBackend(config: QueueConfig, role: 'consumer'): QueueBackend;
export function openBackend(
  config: QueueConfig,
  role: 'producer' | 'consumer',
  limits = WORKER_TIME_LIMITS,
  logger?: OutageLogger,
): QueueBackend | ProducerBackend {
  if (role === 'producer') return openProducer(config, limits, logger);
  if (config.backend === 'postgres') return postgresBackend(new LazyConnectPool(poolSettings(config.database, limits)));
  const options = redisOptions(config.redis, { ...limits, idleTimeoutMs: CONSUMER_SILENCE_MS });
  return {
    connection: { ...options, maxRetriesPerRequest: null } as ConnectionOptions,
    factory: createRedisBackend,
    close: async () => undefined,
  };
}

function openProducer(config: QueueConfig, limits: TimeLimits, logger?: OutageLogger): ProducerBackend {
  if (config.backend === 'postgres') {
    const pool = new pg.Pool(poolSettings(config.database, limits));
    pool.on('error', () => undefined); // The next statement finds a new connection.
    return {
      ...postgresBackend(pool),
      jobs: new PostgresJobReader(pool, QUEUE_NAME),
      connected: async () => undefined,
      check: async () => undefined,
    };
  }
  const link = new RedisConnection(config.redis, limits, logger);
  return {
    connection: link.client,
    factory: createRedisBackend,
    jobs: new RedisJobReader(link.client, QUEUE_NAME),
    connected: () => link.connected(),
    check: () => link.check(),
    close: async () => link.close(),
  };
}

/** Creates or updates the tables of the PostgreSQL backend, in a schema of their own. Safe to repeat and to race. */
export async function migratePostgresQueue(config: DatabaseConfig): Promise<void> {
  const pool = new pg.Pool(poolSettings(config, WORKER_TIME_LIMITS));
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

function postgresBackend(pool: pg.Pool): QueueBackend {
  // The pool belongs to us: BullMQ cannot load the driver itself from an ES module.
  return {
    connection: pool,
    factory: createPostgresBackend as unknown as BackendFactory<RedisQueueBackend>,
    close: () => pool.end(),
  };
}

function poolSettings(config: DatabaseConfig, limits: TimeLimits): pg.PoolConfig {
  return {
    ...poolAddress(config),
    ...connectionSettings(limits),
    max: QUEUE_POOL_MAX,
    application_name: 'pop-render queue',
    // BullMQ's statements name its tables without a schema.
    options: `-c search_path="${DEFAULT_SCHEMA}"`,
  };
}
