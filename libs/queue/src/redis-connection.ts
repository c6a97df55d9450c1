import { Logger } from '@nestjs/common';
import type { RedisConfig, TimeLimits } from '#config';
import { DependencyError, OutageLog, type OutageLogger } from '#core';
import { Redis, type RedisOptions } from 'ioredis';

const FIRST_PAUSE_MS = 100;
const MAX_PAUSE_MS = 2_000;

/** Address of Redis, and how a lost connection is restored: with a short backoff and without limit. */
export function redisOptions(config: RedisConfig, { connectMs, idleTimeoutMs }: TimeLimits): RedisOptions {
  const { host, port, db, username, password, tls } = config;
  return {
    ...{ host, port, db, username, password, ...(tls ? { tls: {} } : {}) },
    connectTimeout: connectMs,
    // A frozen connection is closed and replaced.
    socketTimeout: idleTimeoutMs,
    keepAlive: 10_000,
    retryStrategy: (times) => Math.min(FIRST_PAUSE_MS * 2 ** times, MAX_PAUSE_MS),
    // A failover has moved the primary role to another server behind the same name.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
  };
}

/** The connection of a producer: fails fast while Redis is unreachable. */
export class RedisConnection {
  readonly client: Redis;
  private readonly outages: OutageLog;
  private readonly unsafe: OutageLog;

  constructor(config: RedisConfig, limits: TimeLimits, logger: OutageLogger = new Logger('queue')) {
    this.outages = new OutageLog(logger, 'Redis');
    this.unsafe = new OutageLog(logger, 'The queue on Redis');
    this.client = new Redis({
      ...redisOptions(config, limits),
      enableOfflineQueue: false,
      maxRetriesPerRequest: 1,
      commandTimeout: limits.idleTimeoutMs,
    });
    this.client.on('error', (error) => this.outages.failed(error));
    this.client.on('ready', () => {
      this.outages.recovered();
      void this.check().catch(() => undefined);
    });
  }

  /** Resolves at once while connected, else once the attempt in progress succeeds. @throws Error when Redis is down */
  async connected(): Promise<void> {
    const { client } = this;
    if (client.status === 'ready') return;
    if (client.status === 'connecting' || client.status === 'connect') {
      await new Promise<void>((resolve) => {
        const settle = (): void => {
          client.off('ready', settle).off('close', settle);
          resolve();
        };
        client.once('ready', settle).once('close', settle);
      });
    }
    // The wait may have changed it, which the type checker cannot know.
    if ((client.status as string) !== 'ready') throw new Error(this.outages.current ?? 'Redis is unreachable');
  }

  /** @throws DependencyError with the reason when Redis is unreachable or must not hold a queue */
  async check(): Promise<void> {
    await this.connected();
    const reason = unsafeQueueReason(await this.client.info());
    if (reason === undefined) return this.unsafe.recovered();
    const error = new DependencyError('queue_unavailable', reason);
    this.unsafe.failed(error);
    throw error;
  }

  close(): void {
    this.client.disconnect();
  }
}

/** Why this Redis must not hold the queue, by its own INFO; undefined when it may. */
export function unsafeQueueReason(info: string): string | undefined {
  const field = (name: string): string | undefined => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1];
  if (field('loading') === '1') return 'Redis is loading its data';
  if (field('role') === 'slave') return 'Redis is a read-only replica';
  const policy = field('maxmemory_policy');
  if (Number(field('maxmemory') ?? 0) > 0 && policy !== undefined && policy !== 'noeviction') {
    return `Redis may evict queued renders: its maxmemory-policy is ${policy} and must be noeviction`;
  }
  return undefined;
}
