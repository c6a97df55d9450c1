import { randomUUID } from 'node:crypto';
import type { DatabaseConfig } from '#config';
import {
  Catalogue,
  dataSourceOptions,
  type FailureReason,
  type RenderLease,
  RenderOperations,
  RenderRepository,
  RenderStatistics,
  SYSTEM_OWNER_ID,
  decodeCursor,
  encodeCursor,
} from '#persistence';
import { DataSource } from 'typeorm';
import { createMigratedDatabase, dropDatabase } from '../support/servers.js';
import { RESULT } from '../support/results.js';

const LEASE_MS = 60_000;
const HOUR_MS = 3_600_000;
const OUTAGE: FailureReason = { code: 'storage_unavailable', message: 'Object storage (S3) is unavailable' };

describe('render operations', () => {
  let database: DatabaseConfig;
  let dataSource: DataSource;
  let store: RenderRepository;
  let operations: RenderOperations;
  let styles: { id: string; slug: string }[];
  let sizePresetId: string;

  beforeAll(async () => {
    database = await createMigratedDatabase();
    dataSource = await new DataSource(dataSourceOptions(database)).initialize();
    store = new RenderRepository(dataSource);
    operations = new RenderOperations(dataSource);
    const catalogue = new Catalogue(dataSource);
    styles = await catalogue.listStyles();
    sizePresetId = (await catalogue.listSizePresets())[0].id;
  });
  beforeEach(() => dataSource.query('DELETE FROM renders'));
  afterAll(async () => {
    await dataSource.destroy();
    await dropDatabase(database);
  });

  async function create(style = styles[0]): Promise<string> {
    const [id, assetId] = [randomUUID(), randomUUID()];
    const asset = { id: assetId, filename: 'photo.jpg', objectKey: `uploads/${assetId}/photo.jpg`, format: 'JPEG' };
    await store.create(
      SYSTEM_OWNER_ID,
      { ...asset, widthPx: 1024, heightPx: 768, fileSizeBytes: 12_345 },
      { id, styleId: style.id, sizePresetId, algorithmConfig: {}, layout: {}, warnings: [] },
    );
    return id;
  }

  async function claimed(id: string): Promise<RenderLease> {
    const claim = await store.claim(id, LEASE_MS, 5);
    if (!('lease' in claim)) throw new Error(`The claim was answered with ${claim.kind}`);
    return claim.lease;
  }

  async function failed(reason = OUTAGE, style = styles[0]): Promise<string> {
    const id = await create(style);
    expect(await store.fail(await claimed(id), reason)).toBe(true);
    return id;
  }

  const set = (id: string, changes: string) => dataSource.query(`UPDATE renders SET ${changes} WHERE id = $1`, [id]);
  const idsOf = async (selection: Parameters<RenderOperations['list']>[0], limit = 100) =>
    (await operations.list(selection, limit)).map(({ id }) => id);

  it('selects renders by state, time, style, error code and the error message', async () => {
    const broken = await failed({ code: 'corrupt_photo', message: 'Image is corrupt' }, styles[1]);
    const unavailable = await failed();
    const old = await failed();
    await set(old, "completed_at = now() - interval '3 hours'");
    const waiting = await create();

    expect((await idsOf({})).sort()).toEqual([broken, unavailable, old, waiting].sort());
    expect(await idsOf({ status: 'queued' })).toEqual([waiting]);
    expect(await idsOf({ status: 'failed', since: new Date(Date.now() - HOUR_MS) })).toEqual([unavailable, broken]);
    expect(await idsOf({ style: styles[1].slug })).toEqual([broken]);
    expect(await idsOf({ errorCode: 'corrupt_photo' })).toEqual([broken]);
    expect(await idsOf({ errorPattern: '^storage.*unavailable' })).toEqual([old, unavailable]);
    expect(await idsOf({ errorPattern: 'storage (s3)' })).toEqual([old, unavailable]);
    expect(await idsOf({ errorPattern: '(s3' })).toEqual([old, unavailable]);
    expect(await idsOf({ ids: [broken, randomUUID()] })).toEqual([broken]);
    expect(await operations.count({ status: 'failed' }, 'error')).toEqual([
      { name: 'storage_unavailable: Object storage (S3) is unavailable', count: 2 },
      { name: 'corrupt_photo: Image is corrupt', count: 1 },
    ]);
    expect(await operations.count({}, 'style')).toEqual([
      { name: styles[0].slug, count: 3 },
      { name: styles[1].slug, count: 1 },
    ]);
    expect(await operations.count({ status: 'failed' }, 'style', 2)).toEqual([
      { name: styles[0].slug, count: 1 },
      { name: styles[1].slug, count: 1 },
    ]);
    const [oldest] = await operations.listOldest({}, 1);
    const younger = await operations.listOldest({}, 10, oldest.cursor);
    expect([oldest, ...younger].map(({ id }) => id)).toEqual((await idsOf({})).reverse());
    const [newest] = await operations.list({}, 1);
    expect([newest.id, ...(await operations.list({}, 10, newest.cursor)).map(({ id }) => id)]).toEqual(await idsOf({}));
  });

  it('guarantee: pages of renders created within one millisecond neither skip nor repeat any', async () => {
    const ids = [];
    for (let i = 0; i < 7; i++) ids.push(await create());
    for (const [i, id] of ids.entries()) {
      // Two of them in the same microsecond, all in the same millisecond.
      await set(id, `created_at = '2026-03-01 12:00:00.123${i === 6 ? 500 : 500 + i}+00'`);
    }
    for (const [list, expected] of [
      ['listOldest', await idsOf({}).then((newest) => newest.reverse())],
      ['list', await idsOf({})],
    ] as const) {
      const seen: string[] = [];
      let cursor: string | undefined;
      for (let pages = 0; pages <= 8; pages++) {
        const page = await operations[list]({}, 1, cursor === undefined ? undefined : decodeCursor(cursor));
        if (page.length === 0) break;
        seen.push(page[0].id);
        cursor = encodeCursor(page[0].cursor);
      }
      expect(seen).toEqual(expected);
      expect([...seen].sort()).toEqual([...ids].sort());
    }
  });

  it('puts a failed render back with a new generation, clears its error and keeps it as history', async () => {
    const id = await failed();
    await set(id, "queue_job_id = 'former', lost_attempts = 4");
    const requeued = await operations.requeue(id, false);
    expect(requeued).toMatchObject({ job: { renderId: id }, generation: 2, formerJobId: 'former' });
    expect(await operations.find(id)).toMatchObject({
      ...{ status: 'queued', errorCode: null, errorMessage: null, startedAt: null, completedAt: null, progress: 0 },
      ...{ lostAttempts: 0, queueJobId: null, queueGeneration: 2 },
      metadata: {
        requeues: 1,
        last_failure: {
          error_code: 'storage_unavailable',
          error_message: OUTAGE.message,
          failed_at: expect.any(String),
        },
      },
    });
    // From then on, not from its creation, it has waited.
    const claim = await store.claim(id, LEASE_MS, 5);
    expect(claim).toMatchObject({ kind: 'render', render: { requeuedAt: expect.any(Date) } });
    await store.fail((claim as { lease: RenderLease }).lease, { code: 'internal', message: 'x' });
    await operations.requeue(id, false);
    expect(await operations.find(id)).toMatchObject({
      metadata: { requeues: 2, last_failure: { error_code: 'internal' } },
    });
  });

  it('guarantee: a requeued render cannot be written by its previous worker', async () => {
    const id = await create();
    const before = await claimed(id);
    await store.fail(before, OUTAGE);
    await operations.requeue(id, false);
    const isVoid = async (): Promise<void> => {
      expect(await store.renew(before, 50, LEASE_MS)).toBe(false);
      expect(await store.commitResult(before, RESULT)).toBe(false);
      expect(await store.complete(before)).toBe(false);
      expect(await store.fail(before, OUTAGE)).toBe(false);
      expect(await store.release(before)).toBe(false);
      expect(await store.recordCrash(before, 1)).toBeNull();
    };
    await isVoid();
    const after = await claimed(id);
    await isVoid();
    expect(await store.commitResult(after, RESULT)).toBe(true);
    expect(await store.complete(after)).toBe(true);
  });

  it('requeues what failed only', async () => {
    const [waiting, running, completed, archived, cancelled] = await Promise.all([1, 2, 3, 4, 5].map(() => create()));
    await claimed(running);
    const lease = await claimed(completed);
    await store.commitResult(lease, RESULT);
    await store.complete(lease);
    await set(archived, "status = 'archived'");
    await set(cancelled, "status = 'cancelled'");
    for (const id of [waiting, running, completed, archived, cancelled, randomUUID()]) {
      expect(await operations.requeue(id, false)).toBeNull();
    }
    expect(await operations.find(completed)).toMatchObject({ status: 'completed', queueGeneration: 1 });
  });

  it('lets no other process requeue a failed render, and none without a new generation', async () => {
    const id = await failed();
    await expect(set(id, "status = 'queued', queue_generation = 9")).rejects.toThrow('has ended as failed');
    const slip = dataSource.transaction(async (manager) => {
      await manager.query("SET LOCAL pop_render.requeue = 'on'");
      await manager.query("UPDATE renders SET status = 'queued' WHERE id = $1", [id]);
    });
    await expect(slip).rejects.toThrow('has ended as failed');
    await operations.requeue(id, false);
    await set(id, "status = 'failed'");
    // The leave was for that transaction alone, on whatever connection of the pool.
    await expect(set(id, "status = 'queued', queue_generation = 9")).rejects.toThrow('has ended as failed');
  });

  it.each([true, false])('keeps a result that failed to be published if asked to (%s)', async (keep) => {
    const id = await create();
    const lease = await claimed(id);
    await store.commitResult(lease, RESULT);
    await store.fail(lease, OUTAGE);
    await operations.requeue(id, keep);
    const claim = await store.claim(id, LEASE_MS, 5);
    expect(claim.kind).toBe(keep ? 'publish' : 'render');
    expect((await operations.find(id))?.outputKey).toBe(keep ? RESULT.outputKey : null);
  });

  it('reaps a render whose lease lives but whose worker hangs, and makes that lease void', async () => {
    const [stuck, given, sealed, fresh] = await Promise.all([1, 2, 3, 4].map(() => create()));
    const leases = [await claimed(stuck), await claimed(given), await claimed(sealed)];
    await claimed(fresh);
    await store.commitResult(leases[2], RESULT);
    for (const id of [stuck, given, sealed]) await set(id, "started_at = now() - interval '2 hours'");
    expect((await operations.listStuck(HOUR_MS, 10)).map(({ id }) => id).sort()).toEqual([stuck, given, sealed].sort());

    const fail = { kind: 'fail', message: 'Job timeout - stuck for >1 hour' } as const;
    expect(await operations.recoverStuck(fresh, HOUR_MS, fail)).toBeNull();
    expect(await operations.recoverStuck(stuck, HOUR_MS, fail)).toEqual({ status: 'failed' });
    expect(await operations.recoverStuck(stuck, HOUR_MS, fail)).toBeNull();
    expect(await operations.recoverStuck(given, HOUR_MS, { kind: 'requeue' })).toMatchObject({
      status: 'queued',
      requeued: { generation: 2 },
    });
    expect(await operations.recoverStuck(sealed, HOUR_MS, fail)).toMatchObject({ status: 'queued' });

    for (const lease of leases) expect(await store.renew(lease, 99, LEASE_MS)).toBe(false);
    expect(await store.complete(leases[2])).toBe(false);
    expect(await operations.find(stuck)).toMatchObject({
      ...{ status: 'failed', errorCode: 'render_timeout', errorMessage: 'Job timeout - stuck for >1 hour' },
      completedAt: expect.any(Date),
    });
    expect(await operations.find(given)).toMatchObject({ status: 'queued', lostAttempts: 1, startedAt: null });
    expect(await store.claim(sealed, LEASE_MS, 5)).toMatchObject({ kind: 'publish', resultToken: leases[2].token });
  });

  it('marks what failed long ago as archived, once', async () => {
    const [old, recent] = [await failed(), await failed()];
    await set(old, "completed_at = now() - interval '8 days'");
    expect(await operations.countFailedToArchive(7 * 24 * HOUR_MS)).toBe(1);
    expect(await operations.dismissFailed(7 * 24 * HOUR_MS)).toBe(1);
    expect(await operations.countFailedToArchive(7 * 24 * HOUR_MS)).toBe(0);
    expect(await operations.dismissFailed(7 * 24 * HOUR_MS)).toBe(0);
    const rows = await dataSource.query<{ id: string }[]>(
      "SELECT id FROM renders WHERE metadata ->> 'archived' = 'true' AND status = 'failed'",
    );
    expect(rows).toEqual([{ id: old }]);
    expect(await operations.find(recent)).toMatchObject({ status: 'failed' });
  });

  it('sums the work up', async () => {
    expect(await operations.backlog()).toEqual({
      byStatus: { queued: 0, started: 0, completed: 0, failed: 0, cancelled: 0, archived: 0 },
      ...{ oldestQueuedSeconds: 0, lastCompletedAt: null, completedLastHour: 0, failedLastHour: 0 },
    });
    const [waiting, done, early] = [await create(), await create(), await create()];
    await failed();
    for (const id of [done, early]) {
      const lease = await claimed(id);
      await store.commitResult(lease, RESULT);
      await store.complete(lease);
    }
    await set(early, "completed_at = now() - interval '2 hours'");
    await set(waiting, "created_at = now() - interval '90 seconds'");
    const backlog = await operations.backlog();
    expect(backlog).toMatchObject({
      byStatus: { queued: 1, completed: 2, failed: 1 },
      ...{ lastCompletedAt: expect.any(Date), completedLastHour: 1, failedLastHour: 1 },
    });
    expect(backlog.oldestQueuedSeconds).toBeGreaterThan(89);
    expect(backlog.oldestQueuedSeconds).toBeLessThan(600);
  });

  it('counts the wait of a render that is tried again from then on', async () => {
    const id = await failed();
    await set(id, "created_at = now() - interval '3 days'");
    await operations.requeue(id, false);
    const statistics = await new RenderStatistics(dataSource).backlog();
    for (const { oldestQueuedSeconds } of [await operations.backlog(), statistics]) {
      expect(oldestQueuedSeconds).toBeLessThan(600);
    }
  });

  it('counts as stuck what has lost its worker and was not taken back for a minute', async () => {
    const [running, justLost, stuck] = [await create(), await create(), await create()];
    for (const id of [running, justLost, stuck]) await claimed(id);
    await set(justLost, "lease_until = now() - interval '30 seconds'");
    await set(stuck, "lease_until = now() - interval '90 seconds'");
    expect(await new RenderStatistics(dataSource).backlog()).toMatchObject({ queued: 0, started: 3, stuck: 1 });
  });
});
