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
import type { QueueWorker } from './queue-worker.js';
import { RedisConnection, redisOptions } from './redis-connection.js';
import { RedisJobReader } from './redis-job-reader.js';

/** The connection and the factory that BullMQ's classes need to work on the configured backend. */
export interface QueueBackend {
  readonly connection: ConnectionOptions;
  readonly factory: BackendFactory<RedisQueueBackend>;
  close(): Promise<void>;
}

/** A backend whose server may be unreachable when it is called. */
export interface ProducerBackend extends QueueBackend {
  readonly jobs: JobReader;
  /** Resolves when there is a connection to work on. @throws Error at once when the server is unreachable */
  connected(): Promise<void>;
  /** @throws DependencyError with the reason when the server must not hold the queue */
  check(): Promise<void>;
}

/** How a worker takes jobs from one queue. */
export interface ConsumerSettings {
  /** Name of this worker at the queue's server, as the logs have it. */
  readonly name?: string;
  /** Jobs at once. */
  readonly concurrency: number;
}

/** A worker's blocking read is silent for up to ten seconds; a connection that is silent for longer is frozen. */
const CONSUMER_IDLE_TIMEOUT_MS = 15_000;

/**
 * The server that holds the queues: Redis or PostgreSQL, by configuration. It travels through `@nestjs/bullmq` as the
 * `connection` option, because the module has no option for a backend (ADR 5): {@link JobQueue} and {@link QueueWorker}
 * open their connections from it.
 */
export class QueueServer {
  /** The running workers of this application. */
  readonly workers = new Set<QueueWorker>();

  /** @param consumers by the name of the queue; BullMQ's default of one job at a time for others */
  constructor(
    readonly config: QueueConfig,
    readonly limits: TimeLimits,
    private readonly logger?: OutageLogger,
    readonly consumers: ReadonlyMap<string, ConsumerSettings> = new Map(),
  ) {}

  /** For `BullModule`, whose types accept only BullMQ's connections. {@link QueueServer.of} is the way back. */
  get asConnection(): ConnectionOptions {
    return this;
  }

  static of(connection: ConnectionOptions): QueueServer {
    return connection as unknown as QueueServer;
  }

  /** A producer answers a caller and fails fast. */
  openProducer(queueName: string): ProducerBackend {
    const { config, limits } = this;
    if (config.backend === 'postgres') {
      const pool = new pg.Pool(poolSettings(config.database, limits));
      pool.on('error', () => undefined); // The next statement finds a new connection.
      return {
        ...postgresBackend(pool),
        jobs: new PostgresJobReader(pool, queueName),
        connected: async () => undefined,
        check: async () => undefined,
      };
    }
    const redis = new RedisConnection(config.redis, limits, this.logger);
    return {
      connection: redis.client,
      factory: createRedisBackend,
      jobs: new RedisJobReader(redis.client, queueName),
      connected: () => redis.connected(),
      check: () => redis.check(),
      close: async () => redis.close(),
    };
  }

  /** A consumer waits for its server without limit, also when it starts first. */
  openConsumer(): QueueBackend {
    const { config } = this;
    if (config.backend === 'postgres') {
      return postgresBackend(new LazyConnectPool(poolSettings(config.database, WORKER_TIME_LIMITS)));
    }
    const options = redisOptions(config.redis, { ...WORKER_TIME_LIMITS, idleTimeoutMs: CONSUMER_IDLE_TIMEOUT_MS });
    return {
      connection: { ...options, maxRetriesPerRequest: null } as ConnectionOptions,
      factory: createRedisBackend,
      close: async () => undefined,
    };
  }
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
  // The pool is ours: BullMQ cannot load the driver itself from an ES module.
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
