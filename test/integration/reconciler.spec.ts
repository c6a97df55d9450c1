import { randomUUID } from 'node:crypto';
import { type DatabaseConfig, type QueueConfig, type RedisConfig, WORKER_TIME_LIMITS } from '#config';
import { MAX_QUEUE_RANK, uploadKey } from '#core';
import { restorePending } from '#application';
import { createLogger, type ErrorReporter, RecoveryMetrics, RenderMetricsModule, Telemetry } from '#observability';
import {
  LeaderLock,
  dataSourceOptions,
  Catalogue,
  ReconcilerProgressRepository,
  RenderStatistics,
  RenderRepository,
  SYSTEM_OWNER_ID,
} from '#persistence';
import { BullMqRenderQueue, migratePostgresQueue } from '#queue';
import { Redis } from 'ioredis';
import { DataSource } from 'typeorm';
import { LeaseReclaimer } from '../../apps/worker/src/lease-reclaimer.js';
import { Reconciler } from '../../apps/worker/src/reconciler.js';
import { ConsumerApplication } from '../support/consumer-application.js';
import { provided } from '../support/provided.js';
import { claimRedis, createMigratedDatabase, dropDatabase } from '../support/servers.js';

const QUIET_MS = 60_000;
/** Small, so that few renders are more than one round looks at. */
const ROUND_SIZE = 1_500;
const logger = createLogger('test', { logLevel: 'CRITICAL' });

describe.each(['redis', 'postgres'] as const)('the reconciler, with the queue on %s', (backend) => {
  let database: DatabaseConfig;
  let dataSource: DataSource;
  let store: RenderRepository;
  let statistics: RenderStatistics;
  let redis: RedisConfig;
  let queue: BullMqRenderQueue;
  let config: QueueConfig;
  let metrics: RecoveryMetrics;

  beforeAll(async () => {
    metrics = await provided(RecoveryMetrics, RenderMetricsModule);
    database = await createMigratedDatabase();
    await migratePostgresQueue(database);
    dataSource = await new DataSource(dataSourceOptions(database)).initialize();
    store = new RenderRepository(dataSource);
    statistics = new RenderStatistics(dataSource);
  });
  beforeEach(async () => {
    await dataSource.query('DELETE FROM renders');
    await dataSource.query('UPDATE reconciler_progress SET waiting_since = NULL, render_id = NULL');
    redis = await claimRedis();
    await emptyQueue();
    const timing = { lockSeconds: 30, retrySeconds: 1 };
    config = backend === 'redis' ? { backend, ...timing, redis } : { backend, ...timing, database };
    queue = BullMqRenderQueue.open(config, WORKER_TIME_LIMITS);
  });
  afterEach(() => queue.close());
  afterAll(async () => {
    await dataSource.destroy();
    await dropDatabase(database);
  });

  function reconciler(periodMs = 0): Reconciler {
    const options = { periodMs, idleMs: QUIET_MS, roundSize: ROUND_SIZE, roundMs: Number.POSITIVE_INFINITY };
    const progress = new ReconcilerProgressRepository(dataSource);
    return new Reconciler(store, statistics, progress, queue, new LeaderLock(dataSource), metrics, options, logger);
  }

  function reclaimer(reporter?: ErrorReporter): LeaseReclaimer {
    return new LeaseReclaimer(
      store,
      metrics,
      { periodMs: 1000, maxLost: 3 },
      logger,
      new Telemetry(undefined, reporter),
    );
  }

  async function emptyQueue(): Promise<void> {
    if (backend === 'redis') await claimRedis();
    else await dataSource.query('DELETE FROM bullmq.job');
  }

  /** A render as the API leaves it: a row, and its job. */
  async function submit(client?: string): Promise<string> {
    const catalogue = new Catalogue(dataSource);
    const [style] = await catalogue.listStyles();
    const [size] = await catalogue.listSizePresets();
    const [id, assetId] = [randomUUID(), randomUUID()];
    const photo = { filename: 'x', objectKey: uploadKey(assetId, 'x'), format: 'JPEG', widthPx: 1, heightPx: 1 };
    const { job, rank } = await store.create(
      SYSTEM_OWNER_ID,
      { id: assetId, ...photo, fileSizeBytes: 1 },
      { id, styleId: style.id, sizePresetId: size.id, algorithmConfig: {}, layout: {}, warnings: [], client },
    );
    await store.recordQueueJob(id, await queue.enqueue(job, 1, rank));
    return id;
  }

  /** Rows as if many renders had been accepted at one moment, without jobs. */
  async function accept(count: number): Promise<void> {
    const model = await submit();
    const columns = 'asset_id, style_id, size_preset_id, created_at';
    await dataSource.query(
      `INSERT INTO renders (id, ${columns})
       SELECT gen_random_uuid(), ${columns} FROM renders, generate_series(2, $2) WHERE id = $1`,
      [model, count],
    );
    await quieten();
  }

  /** As if nothing had happened to them for a while. */
  const quieten = () => dataSource.query("UPDATE renders SET updated_at = now() - interval '5 minutes'");
  const waiting = async (): Promise<number> => (await queue.counts()).waiting;
  const rowOf = async (id: string) =>
    (await dataSource.query<Record<string, unknown>[]>('SELECT * FROM renders WHERE id = $1', [id]))[0];

  /** What Redis was asked meanwhile by this test, by command. */
  async function countingCommands(work: () => Promise<unknown>): Promise<Record<string, number>> {
    const commands: Record<string, number> = {};
    const client = new Redis({ ...redis, tls: undefined });
    const monitor = await client.monitor();
    monitor.on('monitor', (_time: string, [name]: string[], _source: string, db: string) => {
      if (Number(db) === redis.db) commands[name.toLowerCase()] = (commands[name.toLowerCase()] ?? 0) + 1;
    });
    try {
      await work();
      await client.set('monitored', 1, 'EX', 1);
      while (!commands.set) await new Promise((resolve) => setTimeout(resolve, 10));
      return commands;
    } finally {
      monitor.disconnect();
      await client.quit();
    }
  }

  it('guarantee: an emptied queue is rebuilt from the database', async () => {
    for (let i = 0; i < 50; i++) await submit();
    await quieten();
    await emptyQueue();
    expect(await waiting()).toBe(0);
    await Promise.all([reconciler().reconcile(), reconciler().reconcile()]);
    expect(await waiting()).toBe(50);
    await quieten();
    await reconciler().reconcile();
    expect(await waiting()).toBe(50);
  });

  it('queues renders in the order of their ranks again once these are high, and in the order between clients', async () => {
    const [first, second, third] = [await submit('a'), await submit('a'), await submit('b')];
    const jobOf = async (id: string) => queue.operations.find(String((await rowOf(id)).queue_job_id));
    await dataSource.query('UPDATE renders SET queue_rank = queue_rank + $1', [MAX_QUEUE_RANK - 100]);
    await quieten();
    await reconciler().reconcile();
    const rows = await Promise.all([first, second, third].map(rowOf));
    expect(rows.map(({ queue_rank }) => queue_rank)).toEqual([1, 2, 1]);
    for (const id of [first, second, third]) expect((await jobOf(id))?.job.renderId).toBe(id);
    await emptyQueue();
    await quieten();
    await reconciler().reconcile();
    const taken: string[] = [];
    const consumer = new ConsumerApplication(config, 1);
    await consumer.start(async ({ renderId }) => void taken.push(renderId));
    for (const end = Date.now() + 20_000; taken.length < 3 && Date.now() < end;) {
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    await consumer.drain(5_000);
    expect(taken).toEqual([first, third, second]);
  });

  it('fills an emptied queue of more renders than a round looks at, each with one job', async () => {
    await accept(ROUND_SIZE + 500);
    await reconciler().reconcile();
    expect(await waiting()).toBe(ROUND_SIZE + 500);
    const rows = await dataSource.query<{ id: string; queue_job_id: string }[]>('SELECT id, queue_job_id FROM renders');
    expect(await queue.listLiveJobs()).toEqual(new Set(rows.map(({ queue_job_id }) => queue_job_id)));
    expect(rows.every(({ id, queue_job_id }) => queue_job_id.startsWith(`${id}-`))).toBe(true);
  }, 120_000);

  it('looks at a part of a long queue in each round, and all of it in the rounds that follow', async () => {
    await accept(ROUND_SIZE + 500);
    await reconciler().reconcile();
    await quieten();
    // A lost job that no count reveals: the queue holds another one instead.
    const [last] = await dataSource.query<{ id: string; queue_job_id: string }[]>(
      'SELECT id, queue_job_id FROM renders ORDER BY created_at DESC, id DESC LIMIT 1',
    );
    await dataSource.query("UPDATE renders SET queue_job_id = 'lost' WHERE id = $1", [last.id]);
    const spy = jest.spyOn(queue, 'findLiveJobs');
    await reconciler().reconcile();
    expect(spy.mock.calls.flatMap(([ids]) => ids)).toHaveLength(ROUND_SIZE);
    expect((await rowOf(last.id)).queue_job_id).toBe('lost');
    spy.mockClear();
    // Another worker goes on where that one stopped.
    await reconciler().reconcile();
    expect(spy.mock.calls.flatMap(([ids]) => ids)).toHaveLength(500);
    expect((await rowOf(last.id)).queue_job_id).not.toBe('lost');
    expect(await waiting()).toBe(ROUND_SIZE + 501);
  }, 120_000);

  it('asks the queue for each render by its key, and writes nothing while all is well', async () => {
    await accept(1_500);
    await reconciler().reconcile();
    await quieten();
    const before = await dataSource.query('SELECT id, xmin FROM renders ORDER BY id');
    const commands = await countingCommands(() => reconciler().reconcile());
    expect(await dataSource.query('SELECT id, xmin FROM renders ORDER BY id')).toEqual(before);
    expect(commands).toMatchObject(backend === 'redis' ? { hmget: 1_500 } : {});
    for (const search of ['lpos', 'lrange', 'zrange', 'eval', 'evalsha']) expect(commands).not.toHaveProperty(search);
  });

  it('starts no round when another process did so within the period', async () => {
    await submit();
    await quieten();
    await reconciler().reconcile();
    await emptyQueue();
    await reconciler(60_000).reconcile();
    expect(await waiting()).toBe(0);
    await reconciler().reconcile();
    expect(await waiting()).toBe(1);
  });

  it('gives no second job to a render that has one, or was touched just now', async () => {
    await submit();
    await quieten();
    await submit();
    await emptyQueue();
    await reconciler().reconcile();
    expect(await waiting()).toBe(1);
  });

  it('restores a job that has ended though its render is queued', async () => {
    const id = await submit();
    await quieten();
    if (backend === 'redis') {
      const client = new Redis({ ...redis, tls: undefined });
      await client.zrem('bull:renders:prioritized', `${id}-1`);
      await client.zadd('bull:renders:completed', Date.now(), `${id}-1`);
      await client.hset(`bull:renders:${id}-1`, 'finishedOn', Date.now());
      await client.quit();
    } else {
      await dataSource.query("UPDATE bullmq.job SET state = 'failed', finished_at_ms = 1 WHERE id = $1", [`${id}-1`]);
    }
    await reconciler().reconcile();
    expect(await queue.listLiveJobs()).toEqual(new Set([`${id}-2`]));
  });

  it('finds the jobs of a queue whose list is gone, though each is still kept under its key', async () => {
    const ids = [await submit(), await submit()];
    await quieten();
    if (backend === 'redis') {
      const client = new Redis({ ...redis, tls: undefined });
      await client.del('bull:renders:prioritized');
      await client.quit();
    } else {
      await dataSource.query('DELETE FROM bullmq.job');
    }
    await reconciler().reconcile();
    expect(await queue.listLiveJobs()).toEqual(new Set(ids.map((id) => `${id}-2`)));
  });

  it('may be broken off between the row and the queue: no render gets two jobs by that', async () => {
    const ids = [await submit(), await submit()];
    await quieten();
    await emptyQueue();
    const enqueueAll = queue.enqueueAll.bind(queue);
    // The first job is added, then the connection breaks.
    jest.spyOn(queue, 'enqueueAll').mockImplementationOnce(async (jobs) => {
      await enqueueAll(jobs.slice(0, 1));
      throw new Error('Connection lost');
    });
    await expect(reconciler().reconcile()).rejects.toThrow('Connection lost');
    expect(await waiting()).toBe(1);
    await quieten();
    await reconciler().reconcile();
    const live = [...(await queue.listLiveJobs())].map((jobId) => jobId.slice(0, 36));
    expect(live.sort()).toEqual([...ids].sort());
  });

  it('leaves a render alone that a worker has taken between the look and the repair', async () => {
    const id = await submit();
    await quieten();
    await emptyQueue();
    const list = store.listStaleQueued.bind(store);
    jest.spyOn(store, 'listStaleQueued').mockImplementationOnce(async (...wanted) => {
      const page = await list(...wanted);
      expect(page).toHaveLength(1);
      await store.claim(id, 60_000, 3);
      return page;
    });
    await reconciler().reconcile();
    expect(await waiting()).toBe(0);
    expect(await rowOf(id)).toMatchObject({ status: 'started', queue_generation: 1 });
  });

  it('and an operator who restores all at the same time give each render one job', async () => {
    await accept(3_000);
    const ports = { renders: store, queue, leadership: new LeaderLock(dataSource) };
    const [progress] = await Promise.all([restorePending(ports), reconciler().reconcile(), reconciler().reconcile()]);
    expect(progress.restored).toBeLessThanOrEqual(3_000);
    expect(await waiting()).toBe(3_000);
    expect(await restorePending(ports)).toEqual({ seen: 3_000, restored: 0 });
    expect(await restorePending(ports, { limit: 1_200 })).toEqual({ seen: 1_200, restored: 0 });
  }, 60_000);

  it('takes a render back whose worker was lost, and has another do it', async () => {
    const id = await submit();
    await emptyQueue();
    await store.claim(id, 60_000, 3);
    await reclaimer().reclaim();
    expect((await store.find(id))?.status).toBe('started');
    await dataSource.query("UPDATE renders SET lease_until = now() - interval '1 second'");
    // A holder of the reconciler's lock does not keep others from it.
    await new LeaderLock(dataSource).tryRun('reconcile', () => reclaimer().reclaim());
    expect((await store.find(id))?.status).toBe('queued');
    await quieten();
    await reconciler().reconcile();
    expect(await waiting()).toBe(1);
  });

  it('reports a render that fails because its worker was lost too often, and none that is tried again', async () => {
    const id = await submit();
    const reports: unknown[] = [];
    const report: ErrorReporter['report'] = (error, tags, context) => reports.push({ error, tags, context });
    const telling = reclaimer({ report, close: async () => undefined });
    for (let lost = 0; lost < 3; lost++) {
      expect(reports).toEqual([]);
      await store.claim(id, 60_000, 3);
      await dataSource.query("UPDATE renders SET lease_until = now() - interval '1 second'");
      await telling.reclaim();
    }
    expect((await store.find(id))?.status).toBe('failed');
    expect(reports).toMatchObject([
      {
        error: { code: 'poison_photo' },
        tags: { component: 'worker', code: 'poison_photo' },
        context: { render_id: id },
      },
    ]);
  });

  it('corrects counts that something has put wrong, when they have not been compared for an hour', async () => {
    await submit();
    await dataSource.query("INSERT INTO render_counts (status, change) VALUES ('queued', 5), ('failed', -2)");
    await reconciler().reconcile();
    expect(await statistics.backlog()).toMatchObject({ queued: 6 });
    await dataSource.query("UPDATE reconciler_progress SET recounted_at = now() - interval '61 minutes'");
    await reconciler().reconcile();
    expect(await statistics.backlog()).toMatchObject({ queued: 1, started: 0 });
    expect(await statistics.recount()).toEqual([]);
  });
});
