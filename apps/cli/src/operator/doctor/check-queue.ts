import { DOCTOR_TIME_LIMITS, type QueueConfig } from '#config';
import { BullMqRenderQueue, readRedisInfo, type RedisInfo } from '#queue';
import type { QueueState } from '#core';
import { pluralize, formatBytes, formatJobCounts } from '../output.js';
import { checking, fail, type Finding, ok, type Report, warn } from './findings.js';

const OLDEST_VERSION = [6, 2];
const FRAGMENTATION = 1.5;
/** The ratio of a small Redis is meaningless. */
const FRAGMENTATION_FROM_BYTES = 100e6;
const SILENT = { error: () => undefined, log: () => undefined };

/** The queue and the server it lives on. */
export async function checkQueue(config: QueueConfig, report: Report): Promise<void> {
  const server = config.backend === 'redis' ? await checkRedis(config.redis) : [];
  report(server);
  if (server.some(({ check, status }) => check === 'redis' && status === 'fail')) return;
  const jobs = await checking('queue', 'With QUEUE_BACKEND=postgres run: pop-render migrate up', () =>
    checkJobs(config),
  );
  report(jobs);
}

async function checkRedis(redis: Extract<QueueConfig, { backend: 'redis' }>['redis']): Promise<readonly Finding[]> {
  const place = `${redis.host}:${redis.port}`;
  const advice = `Check REDIS_HOST, REDIS_PORT, REDIS_PASSWORD, REDIS_TLS and whether Redis runs at ${place}`;
  return checking('redis', advice, async () => {
    const info = await readRedisInfo(redis, DOCTOR_TIME_LIMITS);
    return [ok('redis', `answers at ${place}`), ...judgeRedis(info)];
  });
}

/** @returns findings of a Redis that answers */
export function judgeRedis(info: RedisInfo): Finding[] {
  const [major, minor] = info.version.split('.').map(Number);
  const recent = major > OLDEST_VERSION[0] || (major === OLDEST_VERSION[0] && minor >= OLDEST_VERSION[1]);
  const { policy, usedMemoryBytes, maxMemoryBytes, fragmentation } = info;
  const limit = maxMemoryBytes > 0 ? formatBytes(maxMemoryBytes) : 'no limit';
  const memory = `${formatBytes(usedMemoryBytes)} used, ${limit}, fragmentation ${fragmentation}`;
  return [
    recent
      ? ok('redis version', info.version)
      : fail('redis version', info.version, `Use Redis ${OLDEST_VERSION.join('.')} or newer`),
    info.unfit === undefined
      ? policy === 'noeviction'
        ? ok('redis eviction', policy)
        : warn('redis eviction', `maxmemory-policy ${policy}, harmless only without maxmemory`, 'Set it to noeviction')
      : fail('redis eviction', info.unfit, 'Set maxmemory-policy noeviction, and lead REDIS_HOST to the primary'),
    info.appendOnly
      ? ok('redis append-only file', 'on')
      : warn(
          'redis append-only file',
          'off: a restart empties the queue, which workers then fill again',
          'Set appendonly yes',
        ),
    info.persisting
      ? ok('redis persistence', 'last writes to disk went well')
      : fail('redis persistence', 'its last write to disk failed', 'See its log and the free space of its disk'),
    maxMemoryBytes > 0 && usedMemoryBytes > 0.9 * maxMemoryBytes
      ? fail('redis memory', memory, 'Raise maxmemory: a full Redis takes no renders')
      : usedMemoryBytes > FRAGMENTATION_FROM_BYTES && fragmentation > FRAGMENTATION
        ? warn('redis memory', memory, 'Set activedefrag yes, or restart Redis at a quiet time')
        : ok('redis memory', memory),
  ];
}

/** Workers that the queue knows of; 0 when it cannot be asked. */
export async function connectedWorkers(config: QueueConfig): Promise<number> {
  return readState(config).then(
    ({ workers }) => workers.length,
    () => 0,
  );
}

async function checkJobs(config: QueueConfig): Promise<Finding[]> {
  return judgeQueue(await readState(config));
}

async function readState(config: QueueConfig): Promise<QueueState> {
  const queue = BullMqRenderQueue.open(config, DOCTOR_TIME_LIMITS, SILENT);
  try {
    return await queue.operations.state();
  } finally {
    await queue.close();
  }
}

/** @returns findings of a queue that answers */
export function judgeQueue(state: QueueState): Finding[] {
  const { failed, paused, workers } = state;
  const message = formatJobCounts(state);
  return [
    failed === 0
      ? ok('queue', message)
      : warn('queue', message, 'See why: pop-render renders list --status failed --group-by error'),
    paused
      ? warn('queue paused', 'workers take no jobs', 'Unless this is intended: pop-render queue resume --yes')
      : ok('queue paused', 'no'),
    workers.length > 0
      ? ok('workers', `${pluralize(workers.length, 'worker')} connected: ${workers.join(', ')}`)
      : warn('workers', 'none is connected: nothing is rendered', 'Start one, or see in its log why it does not work'),
  ];
}
