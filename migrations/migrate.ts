import { type DatabaseConfig, type TimeLimits, WORKER_TIME_LIMITS } from '#config';
import { DependencyError } from '#core';
import { dataSourceOptions } from '#persistence';
import { DataSource } from 'typeorm';
import { MIGRATIONS } from './index.generated.js';
import { addMissingSeed } from './seed.js';

export { MIGRATIONS } from './index.generated.js';

/** Held while migrating, so that two starting processes take turns. */
const ADVISORY_LOCK = 7_063_382;
/** An index over many rows takes its time, and so does another process that migrates. */
const LIMITS: TimeLimits = { ...WORKER_TIME_LIMITS, idleTimeoutMs: 1_800_000 };

/** A migration, whether the code knows it, and whether the database has it. */
export interface MigrationState {
  readonly name: string;
  /** `unknown`: applied by a newer version of the code. */
  readonly state: 'applied' | 'pending' | 'unknown';
  /** Null when it is not applied, or was before such times were kept. */
  readonly appliedAt: Date | null;
}

export function migrationDataSource(config: DatabaseConfig, limits: TimeLimits = LIMITS): DataSource {
  return new DataSource({
    ...dataSourceOptions({ ...config, pool: { min: 0, max: 2 } }, limits),
    migrations: MIGRATIONS,
    migrationsTableName: 'schema_migrations',
  });
}

/**
 * Runs `work` on a migration connection.
 * @param limits those of a migration, which takes its time, unless others are given
 * @throws DependencyError when the database is unavailable
 */
export async function withMigrationConnection<T>(
  config: DatabaseConfig,
  work: (dataSource: DataSource) => Promise<T>,
  limits?: TimeLimits,
): Promise<T> {
  const dataSource = migrationDataSource(config, limits);
  try {
    await dataSource.initialize();
  } catch (error) {
    await dataSource.driver.disconnect().catch(() => undefined); // A pool that came to be would keep the process.
    throw new DependencyError('database_unavailable', 'Database is unavailable', { cause: error });
  }
  try {
    return await work(dataSource);
  } finally {
    await dataSource.destroy();
  }
}

/** Runs `work` on a migration connection that no other process holds at the same time. */
function withMigrationLock<T>(config: DatabaseConfig, work: (dataSource: DataSource) => Promise<T>): Promise<T> {
  return withMigrationConnection(config, async (dataSource) => {
    const holder = dataSource.createQueryRunner();
    try {
      await holder.query('SELECT pg_advisory_lock($1)', [ADVISORY_LOCK]);
      return await work(dataSource);
    } finally {
      await holder.query('SELECT pg_advisory_unlock($1)', [ADVISORY_LOCK]).catch(() => undefined);
      await holder.release();
    }
  });
}

/**
 * Applies every missing migration, then adds the rows of the seed that are missing. Returns the names applied.
 * @throws DependencyError when a newer version of the code has migrated the schema
 */
export function migrateUp(config: DatabaseConfig): Promise<string[]> {
  return withMigrationLock(config, async (dataSource) => {
    await refuseNewer(dataSource);
    await keepTimes(dataSource);
    const applied = await dataSource.runMigrations({ transaction: 'each' });
    await addMissingSeed(dataSource);
    return applied.map(({ name }) => name);
  });
}

/**
 * Takes back the newest migration. Returns its name, or null when none is applied.
 * @throws DependencyError when only a newer version of the code knows how
 */
export function migrateDown(config: DatabaseConfig): Promise<string | null> {
  return withMigrationLock(config, async (dataSource) => {
    await refuseNewer(dataSource);
    const newest = (await migrationStates(dataSource)).findLast(({ state }) => state === 'applied');
    if (!newest) return null;
    await dataSource.undoLastMigration({ transaction: 'each' });
    return newest.name;
  });
}

/** Every migration in the order of their making, applied or not. */
export async function migrationStates(dataSource: DataSource): Promise<MigrationState[]> {
  const applied = await appliedMigrations(dataSource);
  const known = new Set(MIGRATIONS.map(({ name }) => name));
  return [
    ...MIGRATIONS.map(({ name }): MigrationState => {
      const appliedAt = applied.get(name);
      return { name, state: appliedAt === undefined ? 'pending' : 'applied', appliedAt: appliedAt ?? null };
    }),
    ...[...applied]
      .filter(([name]) => !known.has(name))
      .map(([name, appliedAt]): MigrationState => ({ name, state: 'unknown', appliedAt })),
  ];
}

/**
 * Has the table of migrations keep the time of each, from the first on. It is the table that TypeORM would make, which
 * keeps none; of migrations applied before such times were kept it is unknown.
 */
async function keepTimes(dataSource: DataSource): Promise<void> {
  const table = dataSource.options.migrationsTableName!;
  await dataSource.query(
    `CREATE TABLE IF NOT EXISTS ${table}
       (id serial CONSTRAINT pk_${table} PRIMARY KEY, timestamp bigint NOT NULL, name character varying NOT NULL)`,
  );
  // In two steps: with the default at once, those applied before would get the time of now.
  await dataSource.query(`ALTER TABLE ${table} ADD COLUMN IF NOT EXISTS applied_at timestamptz`);
  await dataSource.query(`ALTER TABLE ${table} ALTER COLUMN applied_at SET DEFAULT now()`);
}

async function refuseNewer(dataSource: DataSource): Promise<void> {
  const unknown = (await migrationStates(dataSource)).filter(({ state }) => state === 'unknown');
  if (unknown.length === 0) return;
  const names = unknown.map(({ name }) => name).join(', ');
  throw new DependencyError(
    'database_unavailable',
    `The schema is newer than this version, which does not know ${names}`,
  );
}

async function appliedMigrations(dataSource: DataSource): Promise<Map<string, Date | null>> {
  const table = dataSource.options.migrationsTableName!;
  const exists: { exists: boolean }[] = await dataSource.query('SELECT to_regclass($1) IS NOT NULL AS exists', [table]);
  if (!exists[0].exists) return new Map();
  // The time is kept by one of the migrations, so it may not be there yet.
  const rows: { name: string; applied_at: string | null }[] = await dataSource.query(
    `SELECT name, to_jsonb(${table}) ->> 'applied_at' AS applied_at FROM ${table} ORDER BY id`,
  );
  return new Map(rows.map((row) => [row.name, row.applied_at === null ? null : new Date(row.applied_at)]));
}
