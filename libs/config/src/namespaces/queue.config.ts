import { defineNamespace } from '../namespace.js';
import { choice, count, flag, port, text } from '../setting-kinds.js';
import type { DatabaseConfig } from './database.config.js';

const when = { QUEUE_BACKEND: 'redis' };

export const queue = defineNamespace({
  title: 'Queue',
  readBy: ['api', 'worker', 'pop-render'],
  settings: {
    QUEUE_BACKEND: choice(['redis', 'postgres'])({
      default: 'redis',
      description: 'Where the queue is: `redis`, or `postgres` for a deployment without Redis.',
    }),
    QUEUE_LOCK_SECONDS: count(
      1,
      3600,
    )({
      default: 30,
      embeddedDefault: 10,
      readBy: ['worker'],
      description:
        "Seconds that a worker's lease on a render lasts without renewal; after it, another worker reclaims the render.",
    }),
    QUEUE_RETRY_SECONDS: count(
      1,
      300,
    )({
      default: 5,
      readBy: ['worker'],
      description:
        'Seconds before the second attempt of a render; the pause doubles with each further one, up to 5 minutes.',
    }),
    REDIS_HOST: text({ default: 'localhost', when, example: 'localhost', description: 'Host of Redis.' }),
    REDIS_PORT: port({ default: 6379, when, example: 6379, description: 'Port of Redis.' }),
    REDIS_DB: count(0, 1_000_000)({ default: 0, when, example: 0, description: 'Number of the Redis database.' }),
    REDIS_USERNAME: text({ unset: 'none', description: 'User of Redis.' }),
    REDIS_PASSWORD: text({ unset: 'none', secret: true, description: 'Password of Redis.' }),
    REDIS_TLS: flag({ default: false, description: 'Whether connections to Redis use TLS.' }),
  },
  config: (env) => {
    const timing = {
      lockSeconds: env.QUEUE_LOCK_SECONDS,
      /** Pause before the second attempt of a job; it doubles with each further one. */
      retrySeconds: env.QUEUE_RETRY_SECONDS,
    };
    if (env.QUEUE_BACKEND === 'postgres') return { backend: 'postgres' as const, ...timing };
    return {
      backend: 'redis' as const,
      ...timing,
      redis: {
        host: env.REDIS_HOST,
        port: env.REDIS_PORT,
        db: env.REDIS_DB,
        username: env.REDIS_USERNAME,
        password: env.REDIS_PASSWORD,
        tls: env.REDIS_TLS,
      },
    };
  },
});

type LoadedQueue = ReturnType<typeof queue.load>;
type InRedis = Extract<LoadedQueue, { backend: 'redis' }>;
export type RedisConfig = InRedis['redis'];
export type QueueConfig =
  InRedis | (Extract<LoadedQueue, { backend: 'postgres' }> & { readonly database: DatabaseConfig });

/** Connections at most of one client of the queue on PostgreSQL, besides those of the database. */
export const QUEUE_POOL_MAX = 5;
