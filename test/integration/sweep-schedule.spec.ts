import { type DatabaseConfig, WORKER_TIME_LIMITS } from '#config';
import { DependencyError, type ListedObject, type ObjectStore, outputKey } from '#core';
import { SuspiciousOrphanRatioError } from '#application';
import { createLogger, RecoveryMetrics, RenderMetricsModule } from '#observability';
import {
  dataSourceOptions,
  LeaderLock,
  type ObjectReferences,
  StorageUsageRepository,
  SweepSchedule,
} from '#persistence';
import { DataSource } from 'typeorm';
import { OrphanCollector } from '../../apps/worker/src/orphan-collector.js';
import { provided } from '../support/provided.js';
import { createMigratedDatabase, dropDatabase } from '../support/servers.js';

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

describe('sweeps of a deployment of several workers', () => {
  let metrics: RecoveryMetrics;
  let database: DatabaseConfig;
  let dataSource: DataSource;
  let schedule: SweepSchedule;
  let workers: OrphanCollector[];
  /** How often the whole store was listed. */
  let listings: number;
  let list: () => AsyncIterable<ListedObject>;
  let orphans: boolean;

  beforeAll(async () => {
    metrics = await provided(RecoveryMetrics, RenderMetricsModule);
    database = await createMigratedDatabase();
    dataSource = await new DataSource(dataSourceOptions(database, WORKER_TIME_LIMITS)).initialize();
  });
  afterAll(async () => {
    await dataSource.destroy();
    await dropDatabase(database);
  });

  beforeEach(async () => {
    await dataSource.query('TRUNCATE storage_usage, sweep_attempts');
    listings = 0;
    list = () => objects(3);
    orphans = false;
    schedule = new SweepSchedule(dataSource);
    workers = Array.from({ length: 3 }, worker);
  });

  async function* objects(count: number): AsyncIterable<ListedObject> {
    const modifiedAt = new Date(Date.now() - 25 * HOUR_MS);
    for (let i = 0; i < count; i++) yield { key: outputKey(`${i}`), sizeBytes: 10, modifiedAt };
  }

  function worker(): OrphanCollector {
    const store: Partial<ObjectStore> = {
      list: () => (listings++, list()),
      discardUnfinished: async () => undefined,
      remove: async () => undefined,
    };
    const references = {
      findOrphanKeys: async (keys: readonly string[]) => (orphans ? [...keys] : []),
    } as unknown as ObjectReferences;
    return new OrphanCollector(
      ...([store as ObjectStore, references, new StorageUsageRepository(dataSource), schedule] as const),
      ...([new LeaderLock(dataSource), metrics, { periodMs: HOUR_MS, minAgeMs: 24 * HOUR_MS }] as const),
      createLogger('test', { logLevel: 'CRITICAL' }),
    );
  }

  const lookAtOnce = (): Promise<unknown> => Promise.allSettled(workers.map((each) => each.sweep()));
  const lookInTurn = async (): Promise<void> => {
    for (const each of workers) await each.sweep().catch(() => undefined);
  };
  const measured = async (): Promise<number> =>
    (await dataSource.query<object[]>(`SELECT 1 FROM storage_usage WHERE measured_at > now() - interval '1 min'`))
      .length;
  /** Has everything that the database remembers happen so much earlier. */
  const pass = async (milliseconds: number): Promise<void> => {
    await dataSource.query(`UPDATE storage_usage SET measured_at = measured_at - $1 * interval '1 ms'`, [milliseconds]);
    await dataSource.query(`UPDATE sweep_attempts SET not_before = not_before - $1 * interval '1 ms'`, [milliseconds]);
  };

  it('are one a period, by whichever worker and whenever it looks', async () => {
    await lookAtOnce();
    expect([listings, await measured()]).toEqual([1, 1]);
    await lookInTurn();
    await pass(HOUR_MS - MINUTE_MS);
    await lookInTurn();
    expect(listings).toBe(1);
    await pass(2 * MINUTE_MS);
    await lookInTurn();
    expect(listings).toBe(2);
  });

  it('are due at once where nothing was measured lately, and not where it was', async () => {
    await new StorageUsageRepository(dataSource).record({ bytes: 1, objects: 1 });
    await lookInTurn();
    expect(listings).toBe(0);
    await pass(HOUR_MS + 1);
    await lookInTurn();
    expect([listings, await measured()]).toEqual([1, 1]);
  });

  it('are tried again with pauses that grow up to the period when they fail, and the old measurement stays', async () => {
    await new StorageUsageRepository(dataSource).record({ bytes: 1, objects: 1 });
    await pass(4 * HOUR_MS);
    list = () => {
      throw new DependencyError('storage_unavailable', 'Object storage is unavailable');
    };
    const pauses: number[] = [];
    for (let attempt = 1; attempt <= 8; attempt++) {
      await lookInTurn();
      await lookAtOnce();
      expect(listings).toBe(attempt);
      let minutes = 0;
      while (!(await schedule.isDue(HOUR_MS))) {
        await pass(MINUTE_MS);
        minutes++;
      }
      pauses.push(minutes);
    }
    expect(pauses).toEqual([1, 2, 4, 8, 16, 32, 60, 60]);
    expect(await measured()).toBe(0);
    list = () => objects(3);
    await lookInTurn();
    expect([listings, await measured()]).toEqual([9, 1]);
    expect(await dataSource.query('SELECT 1 FROM sweep_attempts')).toEqual([]);
  });

  it('are not tried again for a period when they refuse to remove nearly everything', async () => {
    [orphans, list] = [true, () => objects(200)];
    await expect(workers[0].sweep()).rejects.toThrow(SuspiciousOrphanRatioError);
    await lookInTurn();
    await pass(HOUR_MS - MINUTE_MS);
    await lookInTurn();
    expect([listings, await measured()]).toEqual([1, 0]);
    await pass(2 * MINUTE_MS);
    await lookInTurn();
    expect(listings).toBe(2);
  });

  it('of a worker that died in the middle are done by another a minute later', async () => {
    await schedule.begin(MINUTE_MS, HOUR_MS);
    await lookInTurn();
    expect(listings).toBe(0);
    await pass(MINUTE_MS + 1);
    await lookInTurn();
    expect([listings, await measured()]).toEqual([1, 1]);
  });

  it('begin within a minute of the start of a worker', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] });
    try {
      const isDue = jest.spyOn(schedule, 'isDue').mockResolvedValue(false);
      const [first] = workers;
      first.start();
      await jest.advanceTimersByTimeAsync(MINUTE_MS);
      expect(isDue).toHaveBeenCalledWith(HOUR_MS);
      await first.stop();
    } finally {
      jest.useRealTimers();
    }
  });
});
