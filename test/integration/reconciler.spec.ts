import { randomUUID } from 'node:crypto';
import type { DatabaseConfig, QueueConfig } from '#config';
import { uploadKey } from '#core';
import { createLogger } from '#observability';
import { AdvisoryLeadership, dataSourceOptions, TypeOrmCatalogue, TypeOrmRenderStore } from '#persistence';
import { BullMqRenderQueue } from '#queue';
import { type ErrorReporter, Telemetry } from '#telemetry';
import { DataSource } from 'typeorm';
import { Reconciler } from '../../apps/worker/reconciler.js';
import { claimRedis, createMigratedDatabase, dropDatabase } from '../support/servers.js';

const QUIET_MS = 60_000;

describe('the reconciler', () => {
  let database: DatabaseConfig;
  let dataSource: DataSource;
  let store: TypeOrmRenderStore;
  let queue: BullMqRenderQueue;

  beforeAll(async () => {
    database = await createMigratedDatabase();
    dataSource = await new DataSource(dataSourceOptions(database)).initialize();
    store = new TypeOrmRenderStore(dataSource);
  });
  beforeEach(async () => {
    await dataSource.query('DELETE FROM renders');
    const config: QueueConfig = { backend: 'redis', lockSeconds: 30, retrySeconds: 1, redis: await claimRedis() };
    queue = new BullMqRenderQueue(config);
  });
  afterEach(() => queue.close());
  afterAll(async () => {
    await dataSource.destroy();
    await dropDatabase(database);
  });

  function reconciler(reporter?: ErrorReporter): Reconciler {
    const options = { periodMs: 1000, quietMs: QUIET_MS, maxLost: 3 };
    return new Reconciler(
      store,
      queue,
      new AdvisoryLeadership(dataSource),
      options,
      createLogger('test', { logLevel: 'CRITICAL' }),
      new Telemetry(undefined, reporter),
    );
  }

  /** A render as the API leaves it: a row, and its job. */
  async function submit(): Promise<string> {
    const catalogue = new TypeOrmCatalogue(dataSource);
    const [style] = await catalogue.listStyles();
    const [size] = await catalogue.listSizePresets();
    const [id, assetId] = [randomUUID(), randomUUID()];
    const photo = { filename: 'x', objectKey: uploadKey(assetId, 'x'), format: 'JPEG', widthPx: 1, heightPx: 1 };
    const { job } = await store.create(
      { id: assetId, ...photo, fileSizeBytes: 1 },
      { id, styleId: style.id, sizePresetId: size.id, algorithmConfig: {}, layout: {}, warnings: [] },
    );
    await store.recordQueueJob(id, await queue.enqueue(job, 1));
    return id;
  }

  /** As if nothing had happened to them for a while. */
  const quieten = () => dataSource.query("UPDATE renders SET updated_at = now() - interval '5 minutes'");
  const waiting = async (): Promise<number> => (await queue.counts()).waiting;

  it('promise: an emptied queue comes back', async () => {
    for (let i = 0; i < 50; i++) await submit();
    await quieten();
    await claimRedis(); // Empties it.
    expect(await waiting()).toBe(0);
    await Promise.all([reconciler().reconcile(), reconciler().reconcile()]);
    expect(await waiting()).toBe(50);
    await quieten();
    await reconciler().reconcile();
    expect(await waiting()).toBe(50);
  });

  it('gives no second job to a render that has one, or was touched just now', async () => {
    await submit();
    await quieten();
    await submit();
    await claimRedis();
    await reconciler().reconcile();
    expect(await waiting()).toBe(1);
  });

  it('takes a render back whose worker was lost, and has another do it', async () => {
    const id = await submit();
    await claimRedis();
    await store.claim(id, 60_000, 3);
    await reconciler().reconcile();
    expect((await store.find(id))?.status).toBe('started');
    await dataSource.query("UPDATE renders SET lease_until = now() - interval '1 second'");
    await reconciler().reconcile();
    expect((await store.find(id))?.status).toBe('queued');
    await quieten();
    await reconciler().reconcile();
    expect(await waiting()).toBe(1);
  });

  it('reports a render that fails because its worker was lost too often, and none that is tried again', async () => {
    const id = await submit();
    const reports: unknown[] = [];
    const report: ErrorReporter['report'] = (error, facts, context) => reports.push({ error, facts, context });
    const telling = reconciler({ report, close: async () => undefined });
    for (let lost = 0; lost < 3; lost++) {
      expect(reports).toEqual([]);
      await store.claim(id, 60_000, 3);
      await dataSource.query("UPDATE renders SET lease_until = now() - interval '1 second'");
      await telling.reconcile();
    }
    expect((await store.find(id))?.status).toBe('failed');
    expect(reports).toMatchObject([
      {
        error: { code: 'poison_photo' },
        facts: { component: 'worker', code: 'poison_photo' },
        context: { render_id: id },
      },
    ]);
  });
});
