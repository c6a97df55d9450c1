import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DatabaseConfig } from '#config';
import {
  Catalogue,
  dataSourceOptions,
  type RenderLease,
  RenderArchive,
  RenderEvent,
  RenderOperations,
  RenderRepository,
  SYSTEM_OWNER_ID,
} from '#persistence';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { createMigratedDatabase, dropDatabase } from '../support/servers.js';

const LEASE_MS = 60_000;
const HOUR_MS = 3_600_000;
const FAILURE = { code: 'internal' as const, message: 'Rendering failed' };
const RESULT = {
  ...{ outputKey: 'renders/o', previewKey: 'renders/p', durationMs: 1, pipelineVersion: '1', metadata: {} },
  file: {
    ...{ format: 'tiff', widthPx: 1, heightPx: 1, dpi: 300, compression: 'lzw', colorSpace: 'srgb', sizeBytes: 1 },
  },
};

describe('render events on PostgreSQL', () => {
  let database: DatabaseConfig;
  let dataSource: DataSource;
  let renders: RenderRepository;
  let operations: RenderOperations;
  let ids: { styleId: string; sizePresetId: string };
  let seen: bigint;

  beforeAll(async () => {
    database = await createMigratedDatabase();
    dataSource = await new DataSource(dataSourceOptions(database)).initialize();
    renders = new RenderRepository(dataSource);
    operations = new RenderOperations(dataSource);
    const catalogue = new Catalogue(dataSource);
    ids = {
      styleId: (await catalogue.listStyles())[0].id,
      sizePresetId: (await catalogue.listSizePresets())[0].id,
    };
  });
  beforeEach(async () => {
    await dataSource.query('TRUNCATE renders, assets CASCADE');
    seen = 0n;
  });
  afterAll(async () => {
    await dataSource.destroy();
    await dropDatabase(database);
  });

  async function create(id: string = randomUUID(), owner = SYSTEM_OWNER_ID): Promise<string> {
    const asset = { id: randomUUID(), filename: 'p.jpg', format: 'JPEG', widthPx: 1, heightPx: 1, fileSizeBytes: 1 };
    await renders.create(
      owner,
      { ...asset, objectKey: `uploads/${asset.id}/p.jpg` },
      { id, ...ids, algorithmConfig: {}, layout: {}, warnings: [] },
    );
    return id;
  }

  async function claim(id: string, maxLost = 5): Promise<RenderLease> {
    const claimed = await renders.claim(id, LEASE_MS, maxLost);
    if (!('lease' in claimed)) throw new Error(`The claim was answered with ${claimed.kind}`);
    return claimed.lease;
  }

  const update = (id: string, changes: string) => dataSource.query(`UPDATE renders SET ${changes} WHERE id = $1`, [id]);

  /** Events added since the last call, oldest first. */
  async function added(): Promise<RenderEvent[]> {
    const events = (await dataSource.getRepository(RenderEvent).find({ order: { id: 'ASC' } })).filter(
      ({ id }) => BigInt(id) > seen,
    );
    if (events.length > 0) seen = BigInt(events.at(-1)!.id);
    return events;
  }
  const types = async (): Promise<string[]> => (await added()).map(({ type }) => type);

  it('guarantee: every change of state leaves exactly one event, and nothing else does', async () => {
    const id = await create();
    expect(await types()).toEqual(['render.accepted']);
    await renders.recordQueueJob(id, `${id}-1`);
    expect(await types()).toEqual([]);
    let lease = await claim(id);
    expect(await types()).toEqual(['render.started']);
    await renders.renew(lease, 50, LEASE_MS);
    expect(await types()).toEqual([]);
    await renders.release(lease);
    expect(await types()).toEqual(['render.released']);

    lease = await claim(id);
    await renders.recordCrash(lease, 5);
    expect(await types()).toEqual(['render.started', 'render.lost']);

    await claim(id);
    await update(id, "lease_until = now() - interval '1 second'");
    await renders.reclaimExpired(5);
    expect(await types()).toEqual(['render.started', 'render.lost']);

    await claim(id);
    await update(id, "started_at = now() - interval '2 hours'");
    await operations.recoverStuck(id, HOUR_MS, { kind: 'requeue' });
    expect(await types()).toEqual(['render.started', 'render.recovered']);

    await renders.fail(await claim(id), FAILURE);
    expect(await types()).toEqual(['render.started', 'render.failed']);
    await operations.requeue(id, false);
    expect(await types()).toEqual(['render.requeued']);

    lease = await claim(id);
    await types();
    await renders.commitResult(lease, RESULT);
    expect(await types()).toEqual([]);
    await renders.complete(lease);
    expect(await types()).toEqual(['render.completed']);
    await new RenderArchive(dataSource).archive([id]);
    expect(await types()).toEqual(['render.archived']);
  });

  it('name a render that was lost too often, that hung, or that was cancelled by how it ended', async () => {
    const poison = await create();
    await renders.recordCrash(await claim(poison), 1);
    const hung = await create();
    await claim(hung);
    await update(hung, "started_at = now() - interval '2 hours'");
    await operations.recoverStuck(hung, HOUR_MS, { kind: 'fail', message: 'x' });
    const cancelled = await create();
    await update(cancelled, "status = 'cancelled'");
    const events = await added();
    expect(events.filter(({ renderId }) => renderId === poison).at(-1)).toMatchObject({
      type: 'render.failed',
      ownerId: SYSTEM_OWNER_ID,
      payload: { from: 'started', to: 'failed', attempt: 1, error_code: 'poison_photo' },
    });
    expect(events.filter(({ renderId }) => renderId === hung).at(-1)).toMatchObject({
      type: 'render.failed',
      payload: { error_code: 'render_timeout' },
    });
    expect(events.filter(({ renderId }) => renderId === cancelled).map(({ type }) => type)).toEqual([
      'render.accepted',
      'render.cancelled',
    ]);
  });

  it('count two transitions of a claim that first reclaims', async () => {
    const id = await create();
    await claim(id);
    await update(id, "lease_until = now() - interval '1 second'");
    await types();
    await claim(id);
    expect(await types()).toEqual(['render.lost', 'render.started']);
  });

  it('write one for each row of a bulk statement', async () => {
    const all = await Promise.all(Array.from({ length: 5 }, () => create()));
    for (const id of all) await claim(id);
    await dataSource.query("UPDATE renders SET lease_until = now() - interval '1 second'");
    await types();
    await renders.reclaimExpired(5);
    const events = await added();
    expect(events.map(({ type }) => type)).toEqual(Array<string>(5).fill('render.lost'));
    expect(events.map(({ renderId }) => renderId).sort()).toEqual([...all].sort());
  });

  it('guarantee: a transaction that is rolled back, or a change that is refused, leaves none', async () => {
    const id = await create();
    await types();
    const broken = dataSource.transaction(async (manager) => {
      await manager.query("UPDATE renders SET status = 'started' WHERE id = $1", [id]);
      throw new Error('rolled back');
    });
    await expect(broken).rejects.toThrow('rolled back');
    await renders.fail(await claim(id), FAILURE);
    await types();
    await expect(update(id, "status = 'completed'")).rejects.toThrow('has ended as failed');
    expect(await types()).toEqual([]);
  });

  it('belong to the owner of the render and go with it when its row is deleted', async () => {
    const owner = randomUUID();
    await dataSource.query("INSERT INTO owners (id, name) VALUES ($1, 'another')", [owner]);
    const [ours, theirs] = [await create(), await create(randomUUID(), owner)];
    expect((await added()).map(({ renderId, ownerId }) => [renderId, ownerId])).toEqual([
      [ours, SYSTEM_OWNER_ID],
      [theirs, owner],
    ]);
    expect(await renders.findOf(SYSTEM_OWNER_ID, theirs)).toBeNull();
    expect(await renders.findOf(owner, theirs)).toMatchObject({
      id: theirs,
      ownerId: owner,
      asset: { ownerId: owner },
    });
    await dataSource.query('DELETE FROM renders WHERE id = $1', [theirs]);
    expect(await dataSource.getRepository(RenderEvent).countBy({ renderId: theirs })).toBe(0);
  });

  it('wake a listener once the transaction is committed, not before and not when it is rolled back', async () => {
    const { host, port, user, password, name } = database;
    const listener = new pg.Client({ host, port, user, password, database: name });
    await listener.connect();
    const rung: string[] = [];
    listener.on('notification', ({ payload }) => rung.push(payload!));
    const heard = async (count: number): Promise<string[]> => {
      for (let i = 0; i < 100 && rung.length < count; i++) {
        await listener.query('SELECT 1');
        await sleep(20);
      }
      return rung;
    };
    try {
      await listener.query('LISTEN render_events');
      const id = await create();
      const accepted = (await added()).map((event) => event.id);
      expect(await heard(1)).toEqual(accepted);

      const session = dataSource.createQueryRunner();
      await session.startTransaction();
      await session.query("UPDATE renders SET status = 'started' WHERE id = $1", [id]);
      await session.rollbackTransaction();
      await session.startTransaction();
      await session.query("UPDATE renders SET status = 'cancelled' WHERE id = $1", [id]);
      await create();
      const other = (await added()).map((event) => event.id);
      expect(await heard(2)).toEqual([...accepted, ...other]);

      await session.commitTransaction();
      await session.release();
      const cancelled = (await dataSource.getRepository(RenderEvent).findBy({ type: 'render.cancelled' }))[0].id;
      expect(await heard(3)).toEqual([...accepted, ...other, cancelled]);
    } finally {
      await listener.end();
    }
  });
});
