import { StorageAdmission } from '#application';
import type { DatabaseConfig } from '#config';
import { maxPrintBytes, type ObjectStore, type PopRenderError, printSizeInPixels, StorageRoom } from '#core';
import { dataSourceOptions, type Render, RenderStatistics, StorageUsageRepository } from '#persistence';
import type { TempDirectory } from '#sandbox';
import { DataSource } from 'typeorm';

import type { RenderEngine } from '../../apps/worker/src/render-runner/render-engine.js';
import { RenderRunner } from '../../apps/worker/src/render-runner/render-runner.js';
import { createMigratedDatabase, dropDatabase } from '../support/servers.js';

const MIB = 2 ** 20;
const GIB = 2 ** 30;
const [SMALL, LARGE] = [printSizeInPixels(9, 12, 300), printSizeInPixels(30, 40, 300)];

describe('the room in the storage', () => {
  let database: DatabaseConfig;
  let dataSource: DataSource;
  let statistics: RenderStatistics;
  let usage: StorageUsageRepository;
  let queries: number;

  beforeAll(async () => {
    database = await createMigratedDatabase();
    dataSource = await new DataSource(dataSourceOptions(database)).initialize();
    statistics = new RenderStatistics(dataSource);
    usage = new StorageUsageRepository(dataSource);
  });
  beforeEach(() => dataSource.query('TRUNCATE renders, assets, storage_usage CASCADE'));
  afterAll(async () => {
    await dataSource.destroy();
    await dropDatabase(database);
  });

  /** Renders with photos of 1 MiB each, accepted some minutes ago. */
  const insert = (
    count: number,
    size: '9x12' | '30x40',
    status: string,
    { minutesAgo = 0, printBytes = 0, client }: { minutesAgo?: number; printBytes?: number; client?: string } = {},
  ) =>
    dataSource.query(
      `WITH photos AS (
         INSERT INTO assets (id, filename, minio_key, format, width_px, height_px, file_size_bytes, created_at)
         SELECT id, 'x', id::text, 'JPEG', 1, 1, ${MIB}, now() - $4 * interval '1 minute'
           FROM (SELECT gen_random_uuid() AS id FROM generate_series(1, $1::integer)) ids
         RETURNING id, created_at)
       INSERT INTO renders (id, asset_id, style_id, size_preset_id, status, client, created_at, completed_at, metadata)
       SELECT gen_random_uuid(), photos.id, (SELECT id FROM styles LIMIT 1),
              (SELECT id FROM size_presets WHERE name = $2), $3::text, $6::text, photos.created_at,
              CASE WHEN $3::text = 'completed' THEN photos.created_at END,
              jsonb_build_object('file', jsonb_build_object('sizeBytes', $5::bigint))
         FROM photos`,
      [count, size, status, minutesAgo, printBytes, client],
    );

  function roomOf(limits: { quotaBytes?: number; minFreeBytes?: number }, free: number | null = null): StorageRoom {
    queries = 0;
    const objects = { freeBytes: async () => free } as unknown as ObjectStore;
    const counted = {
      outstanding: () => (queries++, statistics.outstanding()),
      outstandingOf: (client: string) => statistics.outstandingOf(client),
    } as unknown as RenderStatistics;
    return new StorageRoom(objects, usage, counted, { minFreeBytes: 0, ...limits });
  }

  it('is what the disk and the quota leave when all accepted renders are done', async () => {
    await insert(3, '9x12', 'queued');
    await insert(1, '30x40', 'started');
    await insert(7, '30x40', 'failed');
    const reservedBytes = 3 * maxPrintBytes(SMALL) + 3 * maxPrintBytes(LARGE);
    const byDisk = await roomOf({ minFreeBytes: 2 * GIB }, 10 * GIB).read();
    expect(byDisk).toEqual({ freeBytes: 10 * GIB, reservedBytes, roomBytes: 8 * GIB - reservedBytes });
    const byQuota = await roomOf({ quotaBytes: 5 * GIB, minFreeBytes: 2 * GIB }, 10 * GIB).read();
    const usedBytes = 11 * MIB;
    expect(byQuota).toEqual({
      freeBytes: 10 * GIB,
      usedBytes,
      reservedBytes,
      roomBytes: 5 * GIB - usedBytes - reservedBytes,
    });
    expect(await roomOf({}).read()).toBeNull();
  });

  it('counts against the quota what was measured, and what was recorded since', async () => {
    await insert(2, '9x12', 'completed', { minutesAgo: 90, printBytes: 400 });
    await insert(2, '9x12', 'failed', { minutesAgo: 90 });
    expect(await usage.estimate()).toBe(4 * MIB + 800);
    await usage.record({ bytes: 1000, objects: 3 });
    expect(await usage.estimate()).toBe(1000);
    await dataSource.query(`UPDATE storage_usage SET measured_at = now() - interval '1 hour'`);
    await insert(3, '9x12', 'completed', { minutesAgo: 30, printBytes: 500 });
    await insert(1, '9x12', 'queued');
    expect(await usage.estimate()).toBe(1000 + 1500 + 4 * MIB);
  });

  it('takes queued renders beyond thousands for the largest', async () => {
    await insert(5_010, '9x12', 'queued');
    const { queued } = await statistics.outstanding();
    const pixels = (size: typeof SMALL) => size.widthPx * size.heightPx;
    expect(queued).toEqual({ renders: 5_010, pixels: 5_000 * pixels(SMALL) + 10 * pixels(LARGE) });
  });

  it('is asked for by a worker before it begins a render, which is tried again later', async () => {
    const begun: string[] = [];
    const objects = { fetchToFile: async (key: string) => void begun.push(key) } as unknown as ObjectStore;
    const scratch = {
      use: (work: (folder: string) => Promise<unknown>) => work('/nowhere'),
    } as unknown as TempDirectory;
    const engine = { render: () => Promise.reject(new Error('begun')) } as unknown as RenderEngine;
    const sizePreset = { widthInches: 9, heightInches: 12, dpi: 300 };
    const render = {
      id: 'r',
      asset: { objectKey: 'a' },
      sizePreset,
      style: { slug: 's' },
      layout: {},
    } as unknown as Render;
    const run = (free: number) => {
      const room = roomOf({ minFreeBytes: GIB }, free);
      return new RenderRunner(objects, engine, scratch, room, { timeoutMs: 9_000, leaseMs: 1, maxLost: 1 }).run(
        render,
        't',
      );
    };
    const error = await run(GIB + maxPrintBytes(SMALL) - 1).catch((thrown: PopRenderError) => thrown);
    expect(error).toMatchObject({ code: 'storage_full' });
    expect((error as PopRenderError).isRetryable(5)).toBe(true);
    expect(begun).toEqual([]);
    await expect(run(GIB + maxPrintBytes(SMALL))).rejects.toThrow('begun');
    expect(begun).toEqual(['a']);
  });

  describe('as the API grants it', () => {
    const refused = { code: 'storage_full', retryAfterSeconds: expect.any(Number), policy: { status: 503 } };

    it('holds what is accepted though the rows are not read again, and lets go of what is refused', async () => {
      const ofOne = MIB + maxPrintBytes(SMALL);
      // While it is made a print takes twice its room besides.
      const quotaBytes = 3 * ofOne + 2 * maxPrintBytes(SMALL);
      const admission = new StorageAdmission(roomOf({ quotaBytes }));
      const held = await Promise.all(['a', 'b', 'c'].map((client) => admission.hold(client, MIB, SMALL)));
      expect(queries).toBe(1);
      await expect(admission.hold('d', MIB, SMALL)).rejects.toMatchObject(refused);
      held[0].release(true);
      await expect(admission.hold('d', MIB, SMALL)).rejects.toMatchObject(refused);
      held[1].release(false);
      const again = await admission.hold('d', MIB, SMALL);
      await expect(admission.hold('d', 1, SMALL)).rejects.toMatchObject(refused);
      again.release(false);
      await expect(admission.hold('d', MIB, LARGE)).rejects.toMatchObject(refused);
      expect(queries).toBe(1);
    });

    it('asks the database again after a failure, and not at all where nothing is limited', async () => {
      const answers = [Promise.reject(new Error('down')), Promise.resolve(null)];
      answers[0].catch(() => undefined);
      const room = { read: () => answers.shift(), reservedBy: async () => 0 } as unknown as StorageRoom;
      const admission = new StorageAdmission(room);
      await expect(admission.hold('d', MIB, SMALL)).rejects.toThrow('down');
      await expect(admission.hold('d', 1e15, LARGE)).resolves.toBeDefined();
      const unlimited = new StorageAdmission(roomOf({}));
      await unlimited.hold('a', 1e15, LARGE);
      expect(queries).toBe(0);
    });

    it('leaves to others as much as a client holds, counting what it has waiting and what is in hand', async () => {
      const ofOne = MIB + maxPrintBytes(SMALL);
      await insert(2, '9x12', 'queued', { client: 'a' });
      const held = 2 * maxPrintBytes(SMALL);
      const admission = new StorageAdmission(roomOf({ quotaBytes: 2 * MIB + held + 8 * ofOne }));
      // Room for 8 more. With two waiting it takes three, for a fourth would leave less than it holds.
      const hold = (client: string) => admission.hold(client, MIB, SMALL);
      const own = [await hold('a'), await hold('a'), await hold('a')];
      const share = { code: 'too_many_requests', retryAfterSeconds: expect.any(Number), policy: { status: 429 } };
      await expect(hold('a')).rejects.toMatchObject(share);
      await hold('b');
      await hold('b');
      own[0].release(false);
      await expect(hold('a')).rejects.toMatchObject(share);
      // The first of a client needs only room.
      await hold('c');
      await hold('c');
      await expect(hold('d')).rejects.toMatchObject(refused);
    });

    it('refuses an upload that would take the free room of the disk', async () => {
      const room = roomOf({ minFreeBytes: GIB }, 2 * GIB);
      await room.checkDisk(GIB);
      await expect(room.checkDisk(GIB + 1)).rejects.toMatchObject(refused);
    });
  });
});
