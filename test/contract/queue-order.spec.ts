import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import type { DatabaseConfig } from '#config';
import { MAX_QUEUE_RANK, type OverloadError, type RenderStatus } from '#core';
import {
  Catalogue,
  dataSourceOptions,
  RenderOperations,
  RenderRepository,
  RenderStatistics,
  type WaitingLimits,
  SYSTEM_OWNER_ID,
} from '#persistence';
import { DataSource } from 'typeorm';
import { RESULT } from '../support/results.js';
import { createMigratedDatabase, dropDatabase } from '../support/servers.js';

const LEASE_MS = 60_000;
const [A, B] = ['192.0.2.1', '2001:db8:1:2::/64'];

interface Row {
  readonly id: string;
  readonly client: string | null;
  readonly queue_rank: number;
  readonly queue_cost: number;
}

describe('the order and the room of the queue', () => {
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
  beforeEach(() => dataSource.query('TRUNCATE renders, assets CASCADE'));
  afterAll(async () => {
    await dataSource.destroy();
    await dropDatabase(database);
  });

  async function create(client?: string, cost?: number, limits?: WaitingLimits): Promise<string> {
    const [id, assetId] = [randomUUID(), randomUUID()];
    const photo = { filename: 'x', objectKey: `uploads/${assetId}/x`, format: 'JPEG', widthPx: 1, heightPx: 1 };
    const created = await store.create(
      SYSTEM_OWNER_ID,
      { id: assetId, ...photo, fileSizeBytes: 1 },
      { id, styleId, sizePresetId, algorithmConfig: {}, layout: {}, warnings: [], client, cost },
      limits,
    );
    expect(created).toMatchObject({ job: { renderId: id, assetId, styleId, sizePresetId } });
    expect(created.rank).toBe((await rowOf(id)).queue_rank);
    return id;
  }

  const rowOf = async (id: string): Promise<Row> =>
    (await dataSource.query<Row[]>('SELECT * FROM renders WHERE id = $1', [id]))[0];
  const count = async (table: string): Promise<number> =>
    (await dataSource.query<{ n: number }[]>(`SELECT count(*)::integer AS n FROM ${table}`))[0].n;

  /** As queues take them: by rank, those of one rank as they came. */
  async function takeNext(): Promise<Row | undefined> {
    const [row] = await dataSource.query<Row[]>(
      "SELECT * FROM renders WHERE status = 'queued' ORDER BY queue_rank, created_at LIMIT 1",
    );
    if (row) await store.claim(row.id, LEASE_MS, 3);
    return row;
  }

  const end = (id: string, status: RenderStatus = 'completed') =>
    dataSource.query('UPDATE renders SET status = $2, lease_token = NULL, lease_until = NULL WHERE id = $1', [
      id,
      status,
    ]);

  /** Renders one after the other, until none waits. @returns whose they were */
  async function renderAll(): Promise<(string | null)[]> {
    const clients: (string | null)[] = [];
    for (let next = await takeNext(); next; next = await takeNext()) {
      clients.push(next.client);
      await end(next.id);
    }
    return clients;
  }

  const refusalOf = (work: Promise<unknown>): Promise<OverloadError | undefined> =>
    work.then(
      () => undefined,
      (error: unknown) => error as OverloadError,
    );

  it('lets a client that submits one render go next, whatever another has waiting', async () => {
    for (let i = 0; i < 5; i++) await create(A);
    await create(B);
    expect(await renderAll()).toEqual([A, B, A, A, A, A]);
  });

  it('lets it go next also while another client is being rendered', async () => {
    for (let i = 0; i < 30; i++) await create(A, 11);
    const running = await takeNext();
    expect(running!.client).toBe(A);
    await create(B, 1);
    await create(B, 1);
    expect((await takeNext())!.client).toBe(B);
  });

  it('serves clients in turns that all have renders waiting', async () => {
    for (let i = 0; i < 3; i++) await create(A);
    for (let i = 0; i < 3; i++) await create(B);
    expect(await renderAll()).toEqual([A, B, A, B, A, B]);
  });

  it('does not let a client whose renders run at once with others waiting take more than its share', async () => {
    for (let i = 0; i < 3; i++) await create(A);
    const order: (string | null)[] = [];
    // It always has one waiting while one of its own is rendered.
    await create(B);
    for (let i = 0; i < 5; i++) {
      const next = (await takeNext())!;
      order.push(next.client);
      if (next.client === B) await create(B);
      await end(next.id);
    }
    expect(order).toEqual([A, B, A, B, A]);
  });

  it('counts a large print as what it costs', async () => {
    for (let i = 0; i < 2; i++) await create(A, 11);
    for (let i = 0; i < 12; i++) await create(B, 1);
    expect((await renderAll()).join(' ')).toBe([A, ...Array<string>(11).fill(B), A, B].join(' '));
  });

  it('begins anew when no render is in progress, and stays within what queues can order by', async () => {
    const first = await create(A);
    await dataSource.query('UPDATE renders SET queue_rank = $1', [MAX_QUEUE_RANK]);
    expect((await rowOf(await create(A, 11))).queue_rank).toBe(MAX_QUEUE_RANK);
    expect((await rowOf(await create(B))).queue_rank).toBe(MAX_QUEUE_RANK);
    expect((await renderAll()).length).toBe(3);
    expect((await rowOf(first)).client).toBeNull();
    expect((await rowOf(await create(A))).queue_rank).toBe(1);
  });

  it('keeps the present where most are when one comes back late with a low rank', async () => {
    for (let i = 0; i < 20; i++) await create(A);
    const late = await create(B);
    await end((await takeNext())!.id);
    const [{ id }] = await dataSource.query<Row[]>('SELECT * FROM renders WHERE id = $1', [late]);
    await dataSource.query('UPDATE renders SET queue_rank = queue_rank + 500 WHERE client = $1', [A]);
    await store.claim(id, LEASE_MS, 3);
    expect((await rowOf(await create('198.51.100.7'))).queue_rank).toBeGreaterThan(500);
  });

  it('gives each of many submissions at one moment its own place', async () => {
    await Promise.all(Array.from({ length: 24 }, () => create(A)));
    const ranks = await dataSource.query<Row[]>('SELECT queue_rank FROM renders ORDER BY 1');
    expect(ranks.map(({ queue_rank }) => queue_rank)).toEqual(Array.from({ length: 24 }, (_, i) => i + 1));
  });

  it('takes what a version without the order accepted first, and orders the rest all the same', async () => {
    const old = await create(A);
    await dataSource.query('UPDATE renders SET queue_rank = NULL, client = NULL');
    const fresh = await create(A);
    expect((await rowOf(fresh)).queue_rank).toBe(1);
    expect(await store.listStaleQueued(0, 10)).toEqual([]);
    await dataSource.query("UPDATE renders SET updated_at = now() - interval '1 minute'");
    const listed = await store.listStaleQueued(0, 10);
    expect(listed.map(({ job, rank }) => [job.renderId, rank])).toEqual([
      [old, null],
      [fresh, 1],
    ]);
  });

  it('keeps the place of a render that is released, and puts a requeued one behind others of no client', async () => {
    const [first, second] = [await create(A), await create(A)];
    const claim = await store.claim(first, LEASE_MS, 3);
    if (claim.kind !== 'render') throw new Error(claim.kind);
    expect(await store.release(claim.lease)).toBe(true);
    expect(await rowOf(first)).toMatchObject({ queue_rank: 1, client: A });
    const operations = new RenderOperations(dataSource);
    const ranks: (number | null)[] = [];
    for (let i = 0; i < 3; i++) {
      const id = await create(B);
      await end(id, 'failed');
      ranks.push((await operations.requeue(id, false))!.rank);
      expect(await rowOf(id)).toMatchObject({ client: null });
    }
    expect(ranks).toEqual([1, 2, 3]);
    expect((await rowOf(second)).queue_rank).toBe(2);
  });

  it('forgets who submitted a render with its end, however it ends', async () => {
    const ends: ((id: string) => Promise<unknown>)[] = [
      async (id) => {
        const claim = await store.claim(id, LEASE_MS, 3);
        if (claim.kind !== 'render') throw new Error(claim.kind);
        expect((await rowOf(id)).client).toBe(A);
        await store.commitResult(claim.lease, RESULT);
        expect((await rowOf(id)).client).toBe(A);
        await store.complete(claim.lease);
      },
      async (id) => {
        const claim = await store.claim(id, LEASE_MS, 3);
        if (claim.kind !== 'render') throw new Error(claim.kind);
        await store.fail(claim.lease, { code: 'corrupt_photo', message: 'x' });
      },
      async (id) => {
        await store.claim(id, LEASE_MS, 3);
        await dataSource.query("UPDATE renders SET lease_until = now() - interval '1 second' WHERE id = $1", [id]);
        await store.reclaimExpired(1);
      },
      async (id) => {
        await store.claim(id, LEASE_MS, 3);
        await dataSource.query("UPDATE renders SET started_at = now() - interval '1 hour' WHERE id = $1", [id]);
        await new RenderOperations(dataSource).recoverStuck(id, 60_000, { kind: 'fail', message: 'x' });
      },
      ...(['cancelled', 'archived'] as const).map((status) => (id: string) => end(id, status)),
    ];
    for (const finish of ends) {
      const id = await create(A);
      expect((await rowOf(id)).client).toBe(A);
      await finish(id);
      expect((await rowOf(id)).client).toBeNull();
    }
    expect(await count('renders WHERE client IS NOT NULL')).toBe(0);
  });

  it('counts the clients that have renders in progress', async () => {
    const clients = async () => (await new RenderStatistics(dataSource).backlog()).clients;
    expect(await clients()).toBe(0);
    for (const client of [A, A, B, undefined]) await create(client);
    expect(await clients()).toBe(3);
    await end((await takeNext())!.id);
    await end((await takeNext())!.id);
    expect(await clients()).toBe(2);
  });

  it('reveals to no client who submitted a render', async () => {
    const id = await create(A);
    const shown = JSON.stringify([await store.find(id), await new RenderOperations(dataSource).find(id)]);
    expect(shown).toContain(id);
    expect(shown).not.toContain(A);
  });

  it('guarantee: the number of waiting renders is bounded', async () => {
    const limits = { total: 6, perClient: 4 };
    const burst = (client: string) =>
      Promise.all(Array.from({ length: 12 }, () => refusalOf(create(client, 1, limits))));
    const ofA = (await burst(A)).filter((refusal) => refusal !== undefined);
    expect(ofA.map(({ code }) => code)).toEqual(Array(8).fill('too_many_requests'));
    const ofB = (await burst(B)).filter((refusal) => refusal !== undefined);
    expect(ofB.map(({ code }) => code)).toEqual(Array(10).fill('overloaded'));
    expect([await count('renders'), await count('assets')]).toEqual([6, 6]);
    for (const { retryAfterSeconds } of [...ofA, ...ofB]) {
      expect(retryAfterSeconds).toBeGreaterThanOrEqual(5);
      expect(retryAfterSeconds).toBeLessThanOrEqual(300);
    }
    expect((await refusalOf(store.assertRoom(A, limits)))?.code).toBe('too_many_requests');
    expect((await refusalOf(store.assertRoom(B, limits)))?.code).toBe('overloaded');
    // What is rendered waits no more.
    await takeNext();
    expect(await refusalOf(store.assertRoom(A, limits))).toBeUndefined();
    expect(await refusalOf(create(A, 1, limits))).toBeUndefined();
    expect(await refusalOf(store.assertRoom(A, { total: 0, perClient: 0 }))).toBeUndefined();
    expect(await refusalOf(create(A, 1, { total: 0, perClient: 0 }))).toBeUndefined();
  });

  it('costs the same however many renders wait', async () => {
    const one = new DataSource(dataSourceOptions({ ...database, pool: { min: 0, max: 1 } }));
    await one.initialize();
    try {
      const rowsRead = async (): Promise<number> => {
        await one.query('SELECT pg_stat_force_next_flush()');
        const [{ n }] = await one.query<{ n: string }[]>(
          `SELECT seq_tup_read + idx_tup_fetch AS n FROM pg_stat_user_tables WHERE relname = 'renders'`,
        );
        return Number(n);
      };
      const model = await create(A);
      const columns = 'asset_id, style_id, size_preset_id';
      await one.query(
        `INSERT INTO renders (id, ${columns}, client, queue_rank)
         SELECT gen_random_uuid(), ${columns}, 'client ' || number % 100, number
           FROM renders, generate_series(1, 6000) number WHERE id = $1`,
        [model],
      );
      await one.query('ANALYZE renders');
      const alone = new RenderRepository(one);
      const before = await rowsRead();
      const limits = { total: 100_000, perClient: 100 };
      await alone.assertRoom(B, limits);
      const [id, assetId] = [randomUUID(), randomUUID()];
      const photo = { filename: 'x', objectKey: `uploads/${assetId}/x`, format: 'JPEG', widthPx: 1, heightPx: 1 };
      await alone.create(
        SYSTEM_OWNER_ID,
        { id: assetId, ...photo, fileSizeBytes: 1 },
        { id, styleId, sizePresetId, algorithmConfig: {}, layout: {}, warnings: [], client: 'client 7' },
        limits,
      );
      // Two times those of the client, which its limit bounds, and a few.
      expect((await rowsRead()) - before).toBeLessThan(150);
    } finally {
      await one.destroy();
    }
  });

  it('estimates how long it takes, at the pace of the last minutes, until there is room', async () => {
    const limits = { total: 0, perClient: 10 };
    for (let i = 0; i < 10; i++) await create(A);
    const retryAfter = async () => (await refusalOf(store.assertRoom(A, limits)))?.retryAfterSeconds;
    expect(await retryAfter()).toBe(300);
    const ended = await Promise.all(Array.from({ length: 10 }, () => create(B)));
    await dataSource.query("UPDATE renders SET status = 'completed', completed_at = now() WHERE id = ANY ($1)", [
      ended,
    ]);
    expect(await retryAfter()).toBe(30);
    await dataSource.query("UPDATE renders SET completed_at = now() - interval '1 hour' WHERE id = ANY ($1)", [ended]);
    expect(await retryAfter()).toBe(300);
  });

  it('lets operators requeue whatever the limits', async () => {
    const id = await create(A);
    await end(id, 'failed');
    await create(A, 1, { total: 1, perClient: 1 });
    expect(await new RenderOperations(dataSource).requeue(id, false)).toMatchObject({ generation: 2 });
  });

  it('moves ranks back to 1 in their order once they are high, so that each is queued again', async () => {
    const ids = [await create(A), await create(B), await create(A), await create(A)];
    await store.recordQueueJob(ids[1], `${ids[1]}-1`);
    await takeNext();
    expect(await store.rebaseRanks(1_000)).toBe(0);
    await dataSource.query('UPDATE renders SET queue_rank = queue_rank + 5000');
    expect(await store.rebaseRanks(1_000)).toBe(4);
    const rows = await Promise.all(ids.map(rowOf));
    expect(rows.map(({ queue_rank }) => queue_rank)).toEqual([1, 1, 2, 3]);
    expect(rows[1]).toMatchObject({ queue_job_id: null, queue_generation: 2 });
    // The job that was just being added has the former rank: it is not taken for the render's.
    await store.recordQueueJob(ids[2], `${ids[2]}-1`);
    expect(await rowOf(ids[2])).toMatchObject({ queue_job_id: null });
    expect(await store.rebaseRanks(1_000)).toBe(0);
  });

  it('serves clients alike by cost whatever they submit and whenever', async () => {
    const clients = [A, B, '198.51.100.7'];
    const submission = fc.record({ client: fc.constantFrom(...clients), cost: fc.integer({ min: 1, max: 11 }) });
    const action = fc.oneof(
      { weight: 3, arbitrary: submission },
      { weight: 1, arbitrary: fc.constant('render' as const) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(action, { minLength: 5, maxLength: 25 }), async (actions) => {
        await dataSource.query('TRUNCATE renders, assets CASCADE');
        const waiting = new Map(clients.map((client) => [client, 0]));
        /** Served to each since all three have had renders waiting all the time. */
        let served = new Map(clients.map((client) => [client, 0]));
        const render = async (): Promise<void> => {
          const next = await takeNext();
          if (!next) return;
          served.set(next.client!, served.get(next.client!)! + next.queue_cost);
          waiting.set(next.client!, waiting.get(next.client!)! - 1);
          const areAllWaiting = clients.every((client) => waiting.get(client)! > 0);
          if (areAllWaiting) {
            const costs = [...served.values()];
            // The bound of start-time fair queueing: the largest of each.
            expect(Math.max(...costs) - Math.min(...costs)).toBeLessThanOrEqual(22);
          } else served = new Map(clients.map((client) => [client, 0]));
          await end(next.id);
        };
        for (const step of actions) {
          if (step === 'render') await render();
          else {
            if (waiting.get(step.client) === 0) served = new Map(clients.map((client) => [client, 0]));
            await create(step.client, step.cost);
            waiting.set(step.client, waiting.get(step.client)! + 1);
          }
        }
        for (let i = 0; i < actions.length; i++) await render();
        expect([...waiting.values()]).toEqual([0, 0, 0]);
      }),
      { numRuns: 25 },
    );
  }, 60_000);
});
