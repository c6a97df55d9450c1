import type { RedisConfig, TimeLimits } from '#config';
import { DependencyError } from '#core';
import { Redis } from 'ioredis';
import { redisOptions, unsafeQueueReason } from './redis-connection.js';

/** Settings and health of a Redis server, from its INFO. */
export interface RedisInfo {
  readonly version: string;
  /** Why it must not hold the queue; undefined when it may. */
  readonly unfit?: string;
  readonly policy: string;
  /** 0 when there is no limit. */
  readonly maxMemoryBytes: number;
  readonly usedMemoryBytes: number;
  readonly fragmentation: number;
  readonly appendOnly: boolean;
  /** Whether its last writes to disk succeeded. */
  readonly persisting: boolean;
}

/** @throws DependencyError when Redis is unreachable or refuses */
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
    // ioredis would wait two seconds for the end of a connection that has ended already.
    if (redis.status !== 'end') redis.disconnect();
  }
}

function readInfo(info: string): RedisInfo {
  const fields = new Map(info.split(/\r?\n/).map((line) => line.split(':', 2) as [string, string]));
  const number = (name: string): number => Number(fields.get(name) ?? 0);
  return {
    version: fields.get('redis_version') ?? '',
    unfit: unsafeQueueReason(info),
    policy: fields.get('maxmemory_policy') ?? '',
    maxMemoryBytes: number('maxmemory'),
    usedMemoryBytes: number('used_memory'),
    fragmentation: number('mem_fragmentation_ratio'),
    appendOnly: number('aof_enabled') === 1,
    persisting: !['aof_last_write_status', 'rdb_last_bgsave_status'].some((name) => fields.get(name) === 'err'),
  };
}
