import { randomUUID } from 'node:crypto';
import type { DatabaseConfig } from '#config';
import { dataSourceOptions, Catalogue, RenderOperations, RenderStatistics } from '#persistence';
import { BullMqRenderQueue, migratePostgresQueue } from '#queue';
import { DataSource } from 'typeorm';
import { createMigratedDatabase, dropDatabase } from '../support/servers.js';

const MANY = 3_000;

describe('the counts of renders', () => {
  let database: DatabaseConfig;
  let dataSource: DataSource;
  let statistics: RenderStatistics;
  let operations: RenderOperations;
  let model: { asset: string; style: string; size: string };

  beforeAll(async () => {
    database = await createMigratedDatabase();
    // One connection: what the statements read is counted by session.
    dataSource = await new DataSource(dataSourceOptions({ ...database, pool: { min: 1, max: 1 } })).initialize();
    statistics = new RenderStatistics(dataSource);
    operations = new RenderOperations(dataSource);
    const catalogue = new Catalogue(dataSource);
    const asset = randomUUID();
    await dataSource.query(
      `INSERT INTO assets (id, filename, minio_key, format, width_px, height_px, file_size_bytes)
       VALUES ($1, 'x', 'x', 'JPEG', 1, 1, 1)`,
      [asset],
    );
    const [style] = await catalogue.listStyles();
    const [size] = await catalogue.listSizePresets();
    model = { asset, style: style.id, size: size.id };
  });
  beforeEach(() => dataSource.query('TRUNCATE renders CASCADE'));
  afterAll(async () => {
    await dataSource.destroy();
    await dropDatabase(database);
  });

  const insert = (count: number, status = 'queued') =>
    dataSource.query(
      `INSERT INTO renders (id, asset_id, style_id, size_preset_id, status)
       SELECT gen_random_uuid(), $1, $2, $3, $4 FROM generate_series(1, $5::integer)`,
      [model.asset, model.style, model.size, status, count],
    );
  const entries = async (): Promise<number> =>
    Number((await dataSource.query<{ n: string }[]>('SELECT count(*) AS n FROM render_counts'))[0].n);

  /** What a count of the rows would return. */
  async function counted(): Promise<Record<string, number>> {
    const rows = await dataSource.query<{ status: string; n: number }[]>(
      'SELECT status, count(*)::integer AS n FROM renders GROUP BY status',
    );
    return Object.fromEntries(rows.map(({ status, n }) => [status, n]));
  }

  async function recorded(): Promise<Record<string, number>> {
    const { byStatus } = await operations.backlog();
    return Object.fromEntries(Object.entries(byStatus).filter(([, count]) => count !== 0));
  }

  it('follow every change, by one row and by many, and none that is rolled back', async () => {
    await insert(5);
    await insert(3, 'failed');
    await dataSource.query(`UPDATE renders SET status = 'started' WHERE id IN (
      SELECT id FROM renders WHERE status = 'queued' LIMIT 2)`);
    await dataSource.query("UPDATE renders SET progress = 50, status = status WHERE status = 'started'");
    await dataSource.query("UPDATE renders SET status = 'completed' WHERE status = 'started'");
    await dataSource.query("DELETE FROM renders WHERE status = 'failed'");
    const failing = dataSource.transaction(async (manager) => {
      await manager.query("UPDATE renders SET status = 'cancelled' WHERE status = 'queued'");
      throw new Error('rolled back');
    });
    await expect(failing).rejects.toThrow('rolled back');
    expect(await recorded()).toEqual({ queued: 3, completed: 2 });
    expect(await recorded()).toEqual(await counted());
    expect(await operations.count({}, 'status')).toEqual([
      { name: 'queued', count: 3 },
      { name: 'completed', count: 2 },
    ]);
    await dataSource.query('TRUNCATE renders CASCADE');
    expect(await recorded()).toEqual({});
  });

  it('cost nothing while a lease is renewed', async () => {
    await insert(1, 'started');
    const before = await entries();
    await dataSource.query('UPDATE renders SET progress = progress + 1, lease_until = now()');
    expect(await entries()).toBe(before);
  });

  it('stay right while changes, merging and reading go on at once', async () => {
    const others = await new DataSource(dataSourceOptions(database)).initialize();
    try {
      const merging = new RenderStatistics(others);
      await insert(200);
      const start = () =>
        others.query(`UPDATE renders SET status = 'started' WHERE id = (
          SELECT id FROM renders WHERE status = 'queued' LIMIT 1 FOR UPDATE SKIP LOCKED)`);
      const watched = async (): Promise<void> => {
        const { queued, started } = await merging.backlog();
        expect(queued + started).toBe(200);
      };
      for (let i = 0; i < 25; i++) {
        await Promise.all([start(), start(), merging.compactCounts(), watched(), merging.compactCounts()]);
      }
      await merging.compactCounts();
      expect(await entries()).toBe(2);
      expect(await recorded()).toEqual({ queued: 150, started: 50 });
      expect(await merging.recount()).toEqual([]);
    } finally {
      await others.destroy();
    }
  });

  it('are read without reading the renders, however many there are', async () => {
    const rowsRead = async (): Promise<number> => {
      await dataSource.query('SELECT pg_stat_force_next_flush()');
      const [{ n }] = await dataSource.query<{ n: string }[]>(
        `SELECT seq_tup_read + idx_tup_fetch AS n FROM pg_stat_user_tables WHERE relname = 'renders'`,
      );
      return Number(n);
    };
    await insert(MANY);
    await dataSource.query('ANALYZE renders');
    const before = await rowsRead();
    await statistics.backlog();
    await operations.backlog();
    await operations.count({}, 'status');
    expect((await rowsRead()) - before).toBeLessThan(20);
  });

  it('report the oldest wait, from the acceptance or from the last requeueing', async () => {
    await insert(3);
    await dataSource.query("UPDATE renders SET created_at = now() - interval '1 hour', requeued_at = now()");
    expect((await statistics.backlog()).oldestQueuedSeconds).toBeLessThan(60);
    await insert(1);
    await dataSource.query("UPDATE renders SET created_at = now() - interval '5 minutes' WHERE requeued_at IS NULL");
    const { oldestQueuedSeconds } = await statistics.backlog();
    expect(oldestQueuedSeconds).toBeGreaterThan(290);
    expect(oldestQueuedSeconds).toBeLessThan(400);
  });
});

describe('the counts of a long queue on PostgreSQL', () => {
  it('are exact up to a limit and then recent ones, marked as such', async () => {
    const database = await createMigratedDatabase();
    await migratePostgresQueue(database);
    const queue = BullMqRenderQueue.open({ backend: 'postgres', lockSeconds: 30, retrySeconds: 1, database });
    const dataSource = await new DataSource(dataSourceOptions(database)).initialize();
    const add = (count: number, state: string) =>
      dataSource.query(
        `INSERT INTO bullmq.job (queue, id, seq, name, state, priority, added_at_ms, finished_at_ms)
         SELECT 'renders', gen_random_uuid(), nextval('bullmq.job_seq'), 'render', $2::bullmq.job_state, number % 200, 0, 0
           FROM generate_series(1, $1::integer) number`,
        [count, state],
      );
    try {
      await add(10_000, 'completed');
      await add(9_999, 'waiting');
      expect(await queue.counts()).toEqual({ waiting: 9_999, active: 0, delayed: 0, failed: 0 });
      await add(2_001, 'waiting');
      await add(3, 'failed');
      expect(await queue.counts()).toEqual({ waiting: 12_000, active: 0, delayed: 0, failed: 3, isEstimate: true });
      await dataSource.query("DELETE FROM bullmq.job WHERE state = 'waiting' AND priority > 0");
      expect((await queue.counts()).waiting).toBe(59);
    } finally {
      await dataSource.destroy();
      await queue.close();
      await dropDatabase(database);
    }
  });
});
