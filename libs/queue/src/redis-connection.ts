import { Logger } from '@nestjs/common';
import type { RedisConfig, TimeLimits } from '#config';
import { DependencyError, OutageLog, type OutageLogger } from '#core';
import { Redis, type RedisOptions } from 'ioredis';

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2_000;

/** Where Redis is, and how a lost connection is made again: soon, and for ever. */
export function redisOptions(
  config: RedisConfig,
  { connectMs, idleTimeoutMs: idleTimeoutMs }: TimeLimits,
): RedisOptions {
  const { host, port, db, username, password, tls } = config;
  return {
    ...{ host, port, db, username, password, ...(tls ? { tls: {} } : {}) },
    connectTimeout: connectMs,
    // A frozen connection is ended and made anew.
    socketTimeout: idleTimeoutMs,
    keepAlive: 10_000,
    retryStrategy: (times) => Math.min(FIRST_PAUSE_MS * 2 ** times, LONGEST_PAUSE_MS),
    // Its role has been given to another server behind the same name.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
  };
}

/** The connection of a producer, which does not wait for a Redis that is away. */
export class RedisConnection {
  readonly client: Redis;
  private readonly faults: OutageLog;
  private readonly duties: OutageLog;

  constructor(config: RedisConfig, limits: TimeLimits, logger: OutageLogger = new Logger('queue')) {
    this.faults = new OutageLog(logger, 'Redis');
    this.duties = new OutageLog(logger, 'The queue on Redis');
    this.client = new Redis({
      ...redisOptions(config, limits),
      enableOfflineQueue: false,
      maxRetriesPerRequest: 1,
      commandTimeout: limits.idleTimeoutMs,
    });
    this.client.on('error', (error) => this.faults.failed(error));
    this.client.on('ready', () => {
      this.faults.recovered();
      void this.check().catch(() => undefined);
    });
  }

  /** Resolves at once while connected, or when the connection being made stands. @throws Error when Redis is away */
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
    if ((client.status as string) !== 'ready') throw new Error(this.faults.current ?? 'Redis is away');
  }

  /** @throws DependencyError in plain words when Redis answers but may not or cannot keep a queue */
  async check(): Promise<void> {
    await this.connected();
    const problem = unsafeQueueReason(await this.client.info());
    if (problem === undefined) return this.duties.recovered();
    const fault = new DependencyError('queue_unavailable', problem);
    this.duties.failed(fault);
    throw fault;
  }

  close(): void {
    this.client.disconnect();
  }
}

/** Why this Redis must not hold the queue, by its own INFO; undefined when it may. */
export function unsafeQueueReason(info: string): string | undefined {
  const fact = (name: string): string | undefined => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1];
  if (fact('loading') === '1') return 'Redis is loading its data';
  if (fact('role') === 'slave') return 'Redis is a read-only replica';
  const policy = fact('maxmemory_policy');
  if (Number(fact('maxmemory') ?? 0) > 0 && policy !== undefined && policy !== 'noeviction') {
    return `Redis may throw queued renders away: its maxmemory-policy is ${policy} and must be noeviction`;
  }
  return undefined;
}
