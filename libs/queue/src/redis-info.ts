import type { RedisConfig, TimeLimits } from '#config';
import { DependencyError } from '#core';
import { Redis } from 'ioredis';
import { redisOptions, unsafeQueueReason } from './redis-connection.js';

/** How a Redis server is set up and what it says of its own health. */
export interface RedisInfo {
  readonly version: string;
  /** Why it must not hold the queue, in words; undefined when it may. */
  readonly unfit?: string;
  readonly policy: string;
  /** 0 when there is no limit. */
  readonly maxMemoryBytes: number;
  readonly usedMemoryBytes: number;
  readonly fragmentation: number;
  readonly appendOnly: boolean;
  /** Whether its last writes to disk went well. */
  readonly persisting: boolean;
}

/** @throws DependencyError when Redis is away or refuses */
export async function readRedisInfo(config: RedisConfig, limits: TimeLimits): Promise<RedisInfo> {
  const redis = new Redis({
    ...redisOptions(config, limits),
    ...{ lazyConnect: true, maxRetriesPerRequest: 0, commandTimeout: limits.idleTimeoutMs },
    retryStrategy: () => null,
  });
  let reason: unknown;
  redis.on('error', (error) => (reason = error));
  try {
    await redis.connect();
    return readInfo(await redis.info());
  } catch (error) {
    throw new DependencyError('queue_unavailable', 'Redis is unavailable', { cause: reason ?? error });
  } finally {
    // Of a connection that has ended already, ioredis would wait two seconds for the end.
    if (redis.status !== 'end') redis.disconnect();
  }
}

function readInfo(info: string): RedisInfo {
  const facts = new Map(info.split(/\r?\n/).map((line) => line.split(':', 2) as [string, string]));
  const number = (name: string): number => Number(facts.get(name) ?? 0);
  return {
    version: facts.get('redis_version') ?? '',
    unfit: unsafeQueueReason(info),
    policy: facts.get('maxmemory_policy') ?? '',
    maxMemoryBytes: number('maxmemory'),
    usedMemoryBytes: number('used_memory'),
    fragmentation: number('mem_fragmentation_ratio'),
    appendOnly: number('aof_enabled') === 1,
    persisting: !['aof_last_write_status', 'rdb_last_bgsave_status'].some((name) => facts.get(name) === 'err'),
  };
}
