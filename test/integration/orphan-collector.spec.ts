import { randomUUID } from 'node:crypto';
import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { SuspiciousOrphanRatioError } from '#application';
import { outputKey, uploadKey } from '#core';
import { createLogger, RecoveryMetrics, RenderMetricsModule } from '#observability';
import type { LeaderLock, ObjectReferences, StorageUsageRepository, SweepSchedule } from '#persistence';
import { FilesystemObjectStore, SignedLinks } from '#storage';
import { OrphanCollector } from '../../apps/worker/src/orphan-collector.js';
import { temporaryFolder } from '../support/processes.js';
import { provided } from '../support/provided.js';

const HOUR_MS = 3_600_000;

describe('the sweep', () => {
  let metrics: RecoveryMetrics;
  let root: string;
  let remove: () => Promise<void>;
  let store: FilesystemObjectStore;
  let wanted: Set<string>;
  let asked: string[];
  let recorded: object[];

  beforeAll(async () => (metrics = await provided(RecoveryMetrics, RenderMetricsModule)));
  beforeEach(async () => {
    [root, remove] = await temporaryFolder();
    store = new FilesystemObjectStore(root, new SignedLinks('k'.repeat(32), ''));
    await store.prepare();
    wanted = new Set();
    asked = [];
    recorded = [];
  });
  afterEach(() => remove());

  const references = {
    findOrphanKeys: async (keys: readonly string[]) => {
      asked.push(...keys);
      return keys.filter((key) => !wanted.has(key));
    },
  } as unknown as ObjectReferences;
  function sweeper(leadership: LeaderLock['tryRun'] = async (_task, work) => (await work(), true)): OrphanCollector {
    const options = { periodMs: HOUR_MS, minAgeMs: 24 * HOUR_MS };
    const usage = {
      record: async (measured: object) => void recorded.push(measured),
      last: async () => null,
      estimate: async () => 0,
    } as unknown as StorageUsageRepository;
    const logger = createLogger('test', { logLevel: 'CRITICAL' });
    const schedule = {
      ...{ isDue: async () => true, begin: async () => undefined },
      ...{ postpone: async () => undefined, succeeded: async () => undefined },
    } as unknown as SweepSchedule;
    const lock = { tryRun: leadership } as unknown as LeaderLock;
    return new OrphanCollector(store, references, usage, schedule, lock, metrics, options, logger);
  }

  async function put(key: string, ageMs: number): Promise<string> {
    const file = path.join(root, key);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, 'x');
    const time = new Date(Date.now() - ageMs);
    await utimes(file, time, time);
    return key;
  }

  const keys = async (): Promise<string[]> => {
    const found: string[] = [];
    for await (const { key } of store.list('')) found.push(key);
    return found.sort();
  };

  it('removes old objects that no row references, and no others', async () => {
    const orphan = await put(uploadKey(randomUUID(), 'a.jpg'), 25 * HOUR_MS);
    const young = await put(uploadKey(randomUUID(), 'b.jpg'), 23 * HOUR_MS);
    const named = await put(outputKey(randomUUID()), 25 * HOUR_MS);
    const elsewhere = await put('other/file', 25 * HOUR_MS);
    wanted.add(named);
    await sweeper().sweep();
    expect(await keys()).toEqual([elsewhere, named, young].sort());
    expect(asked.sort()).toEqual([named, orphan].sort());
  });

  it('removes nothing when the database references hardly any object: it belongs to another storage', async () => {
    const stored = await Promise.all(
      Array.from({ length: 100 }, () => put(uploadKey(randomUUID(), 'a.jpg'), 25 * HOUR_MS)),
    );
    stored.slice(0, 9).forEach((key) => wanted.add(key));
    await expect(sweeper().sweep()).rejects.toThrow(SuspiciousOrphanRatioError);
    expect(await keys()).toEqual([...stored].sort());

    wanted.add(stored[9]);
    await sweeper().sweep();
    expect(await keys()).toHaveLength(10);
  });

  it('records how much is stored, without what it removes', async () => {
    await put(uploadKey(randomUUID(), 'orphan.jpg'), 25 * HOUR_MS);
    await put(uploadKey(randomUUID(), 'young.jpg'), HOUR_MS);
    await put('other/file', 25 * HOUR_MS);
    await sweeper().sweep();
    expect(recorded).toEqual([{ bytes: 2, objects: 2 }]);
  });

  it('removes what broken writes left behind', async () => {
    await put('.staging/old', 25 * HOUR_MS);
    await put('.staging/new', HOUR_MS);
    await sweeper().sweep();
    expect(await readdir(path.join(root, '.staging'))).toEqual(['new']);
  });

  it('does nothing while another process is at it', async () => {
    const orphan = await put(uploadKey(randomUUID(), 'a.jpg'), 25 * HOUR_MS);
    await sweeper(async () => false).sweep();
    expect(await keys()).toEqual([orphan]);
    expect(recorded).toEqual([]);
  });
});
