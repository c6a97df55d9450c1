import { MAX_ATTEMPTS_TRANSIENT } from '#core';
import type { QueueConfig } from '#config';
import { BullMqRenderQueue } from '#queue';
import { Redis } from 'ioredis';
import { startStopwatch } from '../support/stopwatch.js';
import { ConsumerApplication } from '../support/consumer-application.js';
import { claimRedis } from '../support/servers.js';
import { renderQueueContract, WORKER_NAME } from './render-queue.contract.js';

describe('render queue on Redis', () => {
  renderQueueContract(async () => {
    const config: QueueConfig = { backend: 'redis', lockSeconds: 30, retrySeconds: 1, redis: await claimRedis() };
    const queue = BullMqRenderQueue.open(config);
    await queue.ping().catch(() => undefined); // Connected from here on: a producer does not wait for its server.
    await new Promise((resolve) => setTimeout(resolve, 100));
    return {
      queue,
      openConsumer: (concurrency = 1) => new ConsumerApplication(config, concurrency, WORKER_NAME),
      close: () => queue.close(),
    };
  });

  it('keeps ids alone in Redis: completed jobs for a day, failed ones for a week', async () => {
    const redis = await claimRedis();
    const queue = BullMqRenderQueue.open({ backend: 'redis', lockSeconds: 30, retrySeconds: 1, redis });
    await queue.counts().catch(() => undefined);
    const job = { renderId: 'r-1', assetId: 'a-1', styleId: 's-1', sizePresetId: 'p-1' };
    await queue.enqueue(job, 1);
    const client = new Redis({ ...redis, tls: undefined });
    const stored = await client.hgetall('bull:renders:r-1-1');
    expect(JSON.parse(stored.data)).toEqual(job);
    expect(JSON.parse(stored.opts)).toMatchObject({
      attempts: MAX_ATTEMPTS_TRANSIENT,
      removeOnComplete: { age: 24 * 3600 },
      removeOnFail: { age: 7 * 24 * 3600 },
    });
    await client.quit();
    await queue.close();
  });

  it('fails fast when Redis is unreachable', async () => {
    const queue = BullMqRenderQueue.open({
      backend: 'redis',
      lockSeconds: 30,
      retrySeconds: 1,
      redis: { host: '127.0.0.1', port: 1, db: 0, tls: false },
    });
    const elapsed = startStopwatch();
    await expect(queue.counts()).rejects.toMatchObject({ code: 'queue_unavailable' });
    expect(elapsed()).toBeLessThan(4_000);
    await queue.close();
  });
});
