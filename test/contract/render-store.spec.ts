import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import type { DatabaseConfig } from '#config';
import { RENDER_STATUSES, type RenderOrigin, type RenderStatus } from '#core';
import {
  Catalogue,
  dataSourceOptions,
  type Cursor,
  type RenderLease,
  RenderRepository,
  SYSTEM_OWNER_ID,
} from '#persistence';
import { DataSource } from 'typeorm';
import { RESULT } from '../support/results.js';
import { createMigratedDatabase, dropDatabase } from '../support/servers.js';

const MISSING = '00000000-0000-4000-8000-000000000000';
const REASON = { code: 'corrupt_photo', message: 'x' } as const;

describe('render store', () => {
  let database: DatabaseConfig;
  let dataSource: DataSource;
  let store: RenderRepository;
  let styleId: string;
  let sizePresetId: string;

  beforeAll(async () => {
    database = await createMigratedDatabase();
    dataSource = await new DataSource(dataSourceOptions(database)).initialize();
    store = new RenderRepository(dataSource);
    const catalogue = new Catalogue(dataSource);
    styleId = (await catalogue.listStyles())[0].id;
    sizePresetId = (await catalogue.listSizePresets())[0].id;
  });
  afterAll(async () => {
    await dataSource.destroy();
    await dropDatabase(database);
  });

  async function create(overrides: { styleId?: string; origin?: RenderOrigin } = {}): Promise<string> {
    const id = randomUUID();
    const assetId = randomUUID();
    await store.create(
      SYSTEM_OWNER_ID,
      {
        id: assetId,
        filename: 'photo.jpg',
        objectKey: `uploads/${assetId}/photo.jpg`,
        format: 'JPEG',
        widthPx: 1024,
        heightPx: 768,
        fileSizeBytes: 12_345,
      },
      {
        id,
        styleId: overrides.styleId ?? styleId,
        sizePresetId,
        algorithmConfig: { colors: 8 },
        layout: { fit: 'contain', focus: { x: 0.5, y: 0.25 } },
        warnings: [{ code: 'low_resolution', message: 'few pixels' }],
        ...overrides.origin,
      },
    );
    return id;
  }

  const setStatus = (id: string, status: RenderStatus) =>
    dataSource.query('UPDATE renders SET status = $2 WHERE id = $1', [id, status]);
  const count = async (table: string): Promise<number> =>
    Number((await dataSource.query<{ n: string }[]>(`SELECT count(*) AS n FROM ${table}`))[0].n);

  it('returns what was created', async () => {
    const id = await create();
    expect(await store.find(id)).toMatchObject({
      id,
      status: 'queued',
      asset: { filename: 'photo.jpg' },
      style: { id: styleId },
      sizePreset: { id: sizePresetId, name: '9x12', widthInches: 9, heightInches: 12, dpi: 300 },
      algorithmConfig: { colors: 8 },
      layout: { fit: 'contain', focus: { x: 0.5, y: 0.25 } },
      progress: 0,
      file: null,
      startedAt: null,
      completedAt: null,
      durationMs: null,
      errorMessage: null,
      warnings: [{ code: 'low_resolution', message: 'few pixels' }],
    });
    expect((await store.find(id))?.createdAt).toBeInstanceOf(Date);
    expect(await store.find(MISSING)).toBeNull();
  });

  it('creates both rows or none', async () => {
    const before = await count('assets');
    await expect(create({ styleId: MISSING })).rejects.toThrow('fk_renders_style');
    expect(await count('assets')).toBe(before);
  });

  const LEASE_MS = 60_000;
  const MAX_LOST = 3;

  async function claimed(id: string, leaseMs = LEASE_MS): Promise<RenderLease> {
    const claim = await store.claim(id, leaseMs, MAX_LOST);
    if (claim.kind !== 'render') throw new Error(`The claim was answered with ${claim.kind}`);
    return claim.lease;
  }

  /** Lets the lease run out, as the clock of the database would. */
  const expire = (id: string) =>
    dataSource.query("UPDATE renders SET lease_until = now() - interval '1 second' WHERE id = $1", [id]);

  it('records a completed run', async () => {
    const id = await create();
    const lease = await claimed(id);
    expect(lease.attempt).toBe(1);
    expect((await store.find(id))?.startedAt).toBeInstanceOf(Date);
    expect(await store.commitResult(lease, RESULT)).toBe(true);
    expect(await store.complete(lease)).toBe(true);
    expect(await store.find(id)).toMatchObject({
      status: 'completed',
      outputKey: RESULT.outputKey,
      previewKey: RESULT.previewKey,
      durationMs: 1234,
      pipelineVersion: '1.0.0',
      progress: 100,
      file: RESULT.file,
      warnings: [{ code: 'low_resolution' }],
    });
  });

  it('gives a render to one holder at a time', async () => {
    const id = await create();
    const claims = await Promise.all(Array.from({ length: 8 }, () => store.claim(id, LEASE_MS, MAX_LOST)));
    expect(claims.map(({ kind }) => kind).sort()).toEqual([...Array<string>(7).fill('held'), 'render']);
    expect(await store.claim(MISSING, LEASE_MS, MAX_LOST)).toEqual({ kind: 'ended' });
  });

  it('fences a holder whose lease ran out and was taken', async () => {
    const id = await create();
    const zombie = await claimed(id);
    await expire(id);
    const holder = await claimed(id);
    expect(holder.attempt).toBe(2);
    expect(await store.renew(zombie, 50, LEASE_MS)).toBe(false);
    expect(await store.commitResult(zombie, RESULT)).toBe(false);
    expect(await store.fail(zombie, REASON)).toBe(false);
    expect(await store.release(zombie)).toBe(false);
    expect(await store.renew(holder, 50, LEASE_MS)).toBe(true);
    expect(await store.find(id)).toMatchObject({ status: 'started', progress: 50, errorMessage: null });
  });

  it('keeps the first result, which any later holder only has to publish', async () => {
    const id = await create();
    const first = await claimed(id);
    expect(await store.complete(first)).toBe(false);
    expect(await store.commitResult(first, RESULT)).toBe(true);
    await expire(id);
    const claim = await store.claim(id, LEASE_MS, MAX_LOST);
    expect(claim).toMatchObject({ kind: 'publish', resultToken: first.token });
    if (claim.kind !== 'publish') return;
    expect(await store.commitResult(claim.lease, { ...RESULT, durationMs: 9 })).toBe(false);
    expect(await store.complete(first)).toBe(false);
    expect(await store.complete(claim.lease)).toBe(true);
    expect(await store.find(id)).toMatchObject({ status: 'completed', durationMs: 1234 });
  });

  it('records a failed run, and clears the reason when it starts again', async () => {
    const id = await create();
    expect(await store.release(await claimed(id))).toBe(true);
    expect(await store.find(id)).toMatchObject({ status: 'queued', startedAt: null });
    expect(await store.fail(await claimed(id), { code: 'corrupt_photo', message: 'Image is corrupt' })).toBe(true);
    expect(await store.find(id)).toMatchObject({
      status: 'failed',
      errorCode: 'corrupt_photo',
      errorMessage: 'Image is corrupt',
    });
    expect(await store.claim(id, LEASE_MS, MAX_LOST)).toEqual({ kind: 'ended' });
  });

  it('reclaims what lost its worker, and fails what loses one after another', async () => {
    const [id, running] = [await create(), await create()];
    await claimed(running);
    for (let lost = 1; lost <= 3; lost++) {
      await claimed(id);
      await expire(id);
      expect(await store.reclaimExpired(3)).toEqual([
        { id, status: lost < 3 ? 'queued' : 'failed', style: 'between-the-lines' },
      ]);
    }
    expect(await store.find(id)).toMatchObject({
      status: 'failed',
      errorCode: 'poison_photo',
      errorMessage: expect.stringMatching(/died again and again/),
    });
    expect(await store.find(running)).toMatchObject({ status: 'started' });
  });

  it('counts a lost worker also when another takes the render over at once', async () => {
    const id = await create();
    for (let lost = 0; lost < MAX_LOST; lost++) {
      await claimed(id);
      await expire(id);
    }
    const reclaimed = { id, status: 'failed', style: 'between-the-lines' };
    expect(await store.claim(id, LEASE_MS, MAX_LOST)).toEqual({ kind: 'ended', reclaimed });
    expect(await store.find(id)).toMatchObject({ status: 'failed', errorCode: 'poison_photo' });
  });

  it('counts a render process that died, and fails what dies again and again', async () => {
    const id = await create();
    expect(await store.recordCrash(await claimed(id), 2)).toBe('queued');
    const lease = await claimed(id);
    expect(await store.recordCrash(lease, 2)).toBe('failed');
    expect(await store.recordCrash(lease, 2)).toBeNull();
    expect(await store.find(id)).toMatchObject({ status: 'failed', errorCode: 'poison_photo' });
  });

  it('never fails for lost workers what is rendered already', async () => {
    const id = await create();
    await store.commitResult(await claimed(id), RESULT);
    await expire(id);
    expect(await store.reclaimExpired(1)).toEqual([{ id, status: 'queued', style: 'between-the-lines' }]);
    expect(await store.claim(id, LEASE_MS, MAX_LOST)).toMatchObject({ kind: 'publish' });
  });

  it('keeps where a render comes from, for its next jobs and workers', async () => {
    const origin = { requestId: 'order-17', traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' };
    const id = await create({ origin });
    expect(await store.find(id)).toMatchObject(origin);
    await touchedBefore(id, '1 minute');
    const queued = await store.listStaleQueued(0, 1000);
    expect(queued.find(({ job }) => job.renderId === id)?.job).toMatchObject(origin);
    await claimed(id);
    await expire(id);
    expect(await store.reclaimExpired(MAX_LOST)).toMatchObject([{ id, status: 'queued', requestId: 'order-17' }]);
  });

  const touchedBefore = (id: string, span: string) =>
    dataSource.query('UPDATE renders SET updated_at = now() - $2::interval WHERE id = $1', [id, span]);

  it('finds queued renders that nothing has touched for a while, and none that is just being accepted', async () => {
    const [quiet, fresh, accepted] = [await create(), await create(), await create()];
    await store.recordQueueJob(quiet, `${quiet}-1`);
    await store.recordQueueJob(fresh, `${fresh}-1`);
    await touchedBefore(quiet, '1 minute');
    const found = await store.listStaleQueued(30_000, 1000);
    expect(found.find(({ job }) => job.renderId === quiet)).toMatchObject({ queueJobId: `${quiet}-1`, generation: 1 });
    expect(found.find(({ job }) => job.renderId === fresh)).toBeUndefined();
    const ids = (await store.listStaleQueued(0, 1000)).map(({ job }) => job.renderId);
    expect(ids).toEqual(expect.arrayContaining([quiet, fresh]));
    expect(ids).not.toContain(accepted);
  });

  it('lists queued renders page by page, longest waiting first, also when many were accepted at one moment', async () => {
    await dataSource.query('DELETE FROM renders');
    const ids: string[] = [];
    for (let i = 0; i < 7; i++) ids.push(await create());
    await dataSource.query(
      `UPDATE renders SET created_at = '2024-05-05 05:05:05.000005+00', updated_at = now() - interval '1 minute'`,
    );
    // Requeued by an operator: it waits since then.
    await dataSource.query('UPDATE renders SET requeued_at = now() WHERE id = $1', [ids[0]]);
    const seen: string[] = [];
    let last: Cursor | undefined;
    for (;;) {
      const page = await store.listStaleQueued(0, 2, last);
      seen.push(...page.map(({ job }) => job.renderId));
      if (page.length === 0) break;
      last = page.at(-1)!.position;
    }
    expect(seen).toEqual([...ids.slice(1).sort(), ids[0]]);
  });

  it('records the next job of each queued render once, however many ask, and of no other render', async () => {
    const ids = [await create(), await create(), await create()];
    for (const id of ids) await touchedBefore(id, '1 minute');
    const page = (await store.listStaleQueued(0, 1000)).filter(({ job }) => ids.includes(job.renderId));
    await claimed(ids[2]);
    const answers = await Promise.all([1, 2, 3].map(() => store.assignNextJobs(page)));
    expect(answers.flatMap((assigned) => [...assigned]).sort()).toEqual(ids.slice(0, 2).sort());
    expect(await store.assignNextJobs([])).toEqual(new Set());
    const rows = await dataSource.query<object[]>(
      'SELECT id, queue_generation, queue_job_id FROM renders WHERE id = ANY ($1)',
      [ids],
    );
    expect(rows).toEqual(
      expect.arrayContaining([
        { id: ids[0], queue_generation: 2, queue_job_id: `${ids[0]}-2` },
        { id: ids[1], queue_generation: 2, queue_job_id: `${ids[1]}-2` },
        { id: ids[2], queue_generation: 1, queue_job_id: null },
      ]),
    );
  });

  it('reclaims each expired lease once, however many workers reclaim at the same moment', async () => {
    const ids: string[] = [];
    for (let i = 0; i < 12; i++) {
      ids.push(await create());
      await claimed(ids[i]);
    }
    await dataSource.query("UPDATE renders SET lease_until = now() - interval '1 second' WHERE id = ANY ($1)", [ids]);
    const reclaimed = await Promise.all([1, 2, 3, 4].map(() => store.reclaimExpired(MAX_LOST)));
    expect(reclaimed.flatMap((lost) => lost.map(({ id }) => id)).sort()).toEqual([...ids].sort());
    const rows = await dataSource.query<object[]>(
      'SELECT DISTINCT status, lost_attempts FROM renders WHERE id = ANY ($1)',
      [ids],
    );
    expect(rows).toEqual([{ status: 'queued', lost_attempts: 1 }]);
  });

  it.each(['completed', 'failed', 'cancelled', 'archived'] as const)(
    'guarantee: a finished render never changes (%s)',
    async (end) => {
      const id = await create();
      await setStatus(id, end);
      for (const next of RENDER_STATUSES) {
        const allowed = next === end || (next === 'archived' && end !== 'archived');
        if (allowed) continue;
        await expect(setStatus(id, next)).rejects.toThrow('has ended as');
      }
      await setStatus(id, 'archived');
    },
  );

  it('guarantee: a finished render never changes (any order of events)', async () => {
    const event = fc.constantFrom(
      'claim',
      'expire',
      'seal',
      'complete',
      'fail',
      'release',
      'lose',
      'reclaim',
      'cancel',
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(event, fc.nat(2)), { minLength: 5, maxLength: 25 }), async (events) => {
        const id = await create();
        const leases: RenderLease[] = [];
        let ended: string | undefined;
        for (const [what, which] of events) {
          const lease = leases[leases.length - 1 - which];
          if (what === 'claim') {
            const claim = await store.claim(id, LEASE_MS, MAX_LOST);
            if ('lease' in claim) leases.push(claim.lease);
          } else if (what === 'expire') await expire(id);
          else if (what === 'reclaim') await store.reclaimExpired(3);
          else if (what === 'cancel') await setStatus(id, 'cancelled').catch(() => undefined);
          else if (lease && what === 'seal') await store.commitResult(lease, RESULT);
          else if (lease && what === 'complete') await store.complete(lease);
          else if (lease && what === 'fail') await store.fail(lease, REASON);
          else if (lease && what === 'lose') await store.recordCrash(lease, 3);
          else if (lease && what === 'release') await store.release(lease);
          const { status } = (await store.find(id))!;
          if (ended !== undefined) expect(status).toBe(ended);
          if (['completed', 'failed', 'cancelled'].includes(status)) ended = status;
        }
      }),
      { numRuns: 40 },
    );
  });

  it('refuses a state that is none', async () => {
    const id = await create();
    await expect(setStatus(id, 'processing' as RenderStatus)).rejects.toThrow('chk_renders_status');
  });
});
