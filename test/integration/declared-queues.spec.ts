import 'reflect-metadata';
import { getQueueToken, InjectQueue, Processor } from '@nestjs/bullmq';
import { Injectable, type INestApplicationContext, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { API_TIME_LIMITS, type QueueConfig } from '#config';
import { type JobContext, RenderError, type RenderJob, RenderQueue } from '#core';
import {
  defineQueue,
  JobQueue,
  migratePostgresQueue,
  QueueConsumers,
  QueueModule,
  QueueProcessor,
  RENDERS,
} from '#queue';
import { ConfiguredRedis } from '../operations/redis-server.js';
import { until } from '../support/processes.js';
import { createDatabase, dropDatabase } from '../support/servers.js';

interface DeliveryJob {
  readonly deliveryId: string;
  readonly url: string;
}

/** All that a second queue takes: its declaration, its registration, a processor and a producer. */
const DELIVERIES = defineQueue<DeliveryJob>('deliveries', {
  title: 'Delivery queue',
  jobName: 'delivery',
  fields: ['deliveryId', 'url'],
  keepCompletedSeconds: 3600,
  keepFailedSeconds: 7200,
});
const RENDER: RenderJob = { renderId: 'r', assetId: 'a', styleId: 's', sizePresetId: 'p' };
const TIMING = { lockSeconds: 30, retrySeconds: 1 };

/** Jobs that were handled, by the name of their queue. */
let handled: { queue: string; payload: object; attempt: number }[];
/** What the work on a job waits for. */
let work: (context: JobContext) => Promise<void>;

@Processor(RENDERS.name)
class Renders extends QueueProcessor<RenderJob> {
  override handle(payload: RenderJob, context: JobContext): Promise<void> {
    handled.push({ queue: RENDERS.name, payload, attempt: context.number });
    return work(context);
  }
}

@Processor(DELIVERIES.name)
class Deliveries extends QueueProcessor<DeliveryJob> {
  override handle(payload: DeliveryJob, context: JobContext): Promise<void> {
    handled.push({ queue: DELIVERIES.name, payload, attempt: context.number });
    return work(context);
  }
}

@Injectable()
class Sender {
  constructor(@InjectQueue(DELIVERIES.name) readonly queue: JobQueue<DeliveryJob>) {}
}

@Module({ imports: [QueueModule.register(DELIVERIES)], providers: [Sender, Deliveries] })
class DeliveryModule {}

function openWorker(config: QueueConfig): Promise<INestApplicationContext> {
  const consumers = { [RENDERS.name]: { concurrency: 1 }, [DELIVERIES.name]: { concurrency: 4 } };
  @Module({ imports: [QueueModule.forConsumer(config, consumers), DeliveryModule], providers: [Renders] })
  class WorkerModule {}
  return NestFactory.createApplicationContext(WorkerModule, { logger: false, abortOnError: false });
}

const isReady = async (app: INestApplicationContext): Promise<boolean> =>
  app
    .get(RenderQueue)
    .ping()
    .then(
      () => true,
      () => false,
    );

beforeEach(() => {
  handled = [];
  work = async () => undefined;
});

async function startRedis(): Promise<ConfiguredRedis> {
  const redis = await ConfiguredRedis.prepare();
  await redis.start();
  return redis;
}

describe.each(['redis', 'postgres'] as const)('two declared queues on %s', (backend) => {
  let config: QueueConfig;
  let app: INestApplicationContext;
  let closeServer: () => Promise<void>;

  beforeEach(async () => {
    if (backend === 'redis') {
      const redis = await startRedis();
      closeServer = () => redis.close();
      config = { backend, ...TIMING, redis: redis.config };
    } else {
      const database = await createDatabase();
      await migratePostgresQueue(database);
      closeServer = () => dropDatabase(database);
      config = { backend, ...TIMING, database };
    }
    app = await openWorker(config);
    await until('the queues are connected', () => isReady(app));
  });
  afterEach(async () => {
    await app.close();
    await closeServer();
  });

  it('carry their own payload, and take jobs with their own concurrency once started', async () => {
    const { queue } = app.get(Sender);
    const payload = { deliveryId: 'd', url: 'https://example.org', secret: 'of the caller' };
    await until('the second queue is connected', () => queue.ping().then(() => true));
    expect(await queue.add({ id: 'd-1', payload })).toBe('d-1');
    await app.get(RenderQueue).enqueue(RENDER, 1);
    expect(await queue.counts()).toMatchObject({ waiting: 1, active: 0 });
    expect(await queue.listLive()).toEqual(new Set(['d-1']));
    await expect(app.get(QueueConsumers).ping()).rejects.toMatchObject({ code: 'queue_unavailable' });
    app.get(QueueConsumers).start();
    await until('both jobs are handled', () => handled.length === 2);
    expect(handled).toEqual(
      expect.arrayContaining([
        { queue: 'deliveries', payload: { deliveryId: 'd', url: 'https://example.org' }, attempt: 1 },
        { queue: 'renders', payload: RENDER, attempt: 1 },
      ]),
    );
    await app.get(QueueConsumers).ping();
    expect([app.get(Renders).worker.concurrency, app.get(Deliveries).worker.concurrency]).toEqual([1, 4]);
  });

  it('are drained together: jobs in progress are requeued and can be taken by another worker', async () => {
    work = ({ signal }) =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
    const { queue } = app.get(Sender);
    await until('the second queue is connected', () => queue.ping().then(() => true));
    await queue.add({ id: 'd-1', payload: { deliveryId: 'd', url: 'u' } });
    await app.get(RenderQueue).enqueue(RENDER, 1);
    app.get(QueueConsumers).start();
    await until('both jobs run', () => handled.length === 2);
    await app.get(QueueConsumers).drain(50);
    expect(await queue.counts()).toMatchObject({ waiting: 1, active: 0, failed: 0 });
    expect(await app.get(RenderQueue).counts()).toMatchObject({ waiting: 1, active: 0, failed: 0 });
    await app.close();

    work = async () => undefined;
    app = await openWorker(config);
    app.get(QueueConsumers).start();
    await until('both jobs were handled again', () => handled.length === 4);
    expect(handled.map(({ attempt }) => attempt)).toEqual([1, 1, 1, 1]);
  });

  it('retry a job whose error is retryable', async () => {
    let failures = 1;
    work = async () => {
      if (failures-- > 0) throw new RenderError('internal', 'Unforeseen');
    };
    const { queue } = app.get(Sender);
    await until('the second queue is connected', () => queue.ping().then(() => true));
    await queue.add({ id: 'd-1', payload: { deliveryId: 'd', url: 'u' } });
    app.get(QueueConsumers).start();
    await until('it is handled twice', () => handled.length === 2, 60_000);
    expect(handled.map(({ attempt }) => attempt)).toEqual([1, 2]);
  }, 70_000);
});

// BullMQ's own classes never close in these cases (ADR 5): the limit is that of the test.
describe('an application whose Redis', () => {
  it.each(['is frozen', 'is stopped'])(
    '%s while a job runs drains and closes',
    async (state) => {
      work = ({ signal }) =>
        new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
      const redis = await startRedis();
      const app = await openWorker({ backend: 'redis', ...TIMING, redis: redis.config });
      await until('the queues are connected', () => isReady(app));
      app.get(QueueConsumers).start();
      await app.get(RenderQueue).enqueue(RENDER, 1);
      await until('the job runs', () => handled.length === 1);
      if (state === 'is frozen') redis.freeze();
      else await redis.stop();
      await app.get(QueueConsumers).drain(500);
      await app.close();
      if (state === 'is frozen') redis.resume();
      await redis.close();
    },
    60_000,
  );

  it('is unreachable at its start starts, fails fast, and recovers', async () => {
    const redis = await startRedis();
    await redis.stop();
    const config: QueueConfig = { backend: 'redis', ...TIMING, redis: redis.config };
    @Module({ imports: [QueueModule.forProducer(config, API_TIME_LIMITS), QueueModule.register(DELIVERIES)] })
    class ApiModule {}
    const app = await NestFactory.createApplicationContext(ApiModule, { logger: false, abortOnError: false });
    const deliveries = app.get<JobQueue<DeliveryJob>>(getQueueToken(DELIVERIES.name), { strict: false });
    const delivery = { id: 'd-1', payload: { deliveryId: 'd', url: 'u' } };
    await expect(app.get(RenderQueue).enqueue(RENDER, 1)).rejects.toMatchObject({
      code: 'queue_unavailable',
      message: 'Render queue is unavailable',
    });
    await expect(deliveries.add(delivery)).rejects.toMatchObject({
      code: 'queue_unavailable',
      message: 'Delivery queue is unavailable',
    });
    await redis.start();
    await until('Redis is back', () => isReady(app));
    expect(await app.get(RenderQueue).enqueue(RENDER, 1)).toBe('r-1');
    await app.close();
    await redis.close();
  });
});
