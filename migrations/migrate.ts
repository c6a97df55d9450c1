import { DataSource } from 'typeorm';
import type { DatabaseConfig } from '#config';
import { dataSourceOptions } from '#persistence';
import { CreateRenderSchema1764000000000 } from './1764000000000-create-render-schema.js';
import { AddRenderProgress1764100000000 } from './1764100000000-add-render-progress.js';
import { AddRenderLeases1764200000000 } from './1764200000000-add-render-leases.js';
import { AddRequestContext1764300000000 } from './1764300000000-add-request-context.js';
import { seed } from './seed.js';

/** Written migrations, oldest first. */
export const MIGRATIONS = [
  CreateRenderSchema1764000000000,
  AddRenderProgress1764100000000,
  AddRenderLeases1764200000000,
  AddRequestContext1764300000000,
];

/** Held while migrating, so that two starting processes take turns. */
const ADVISORY_LOCK = 7_063_382;

export function migrationDataSource(config: DatabaseConfig): DataSource {
  return new DataSource({
    ...dataSourceOptions({ ...config, pool: { min: 0, max: 2 } }),
    migrations: MIGRATIONS,
    migrationsTableName: 'schema_migrations',
  });
}

/** Runs `work` on a migration connection that no other process holds at the same time. */
export async function withMigrationLock<T>(
  config: DatabaseConfig,
  work: (dataSource: DataSource) => Promise<T>,
): Promise<T> {
  const dataSource = await migrationDataSource(config).initialize();
  const holder = dataSource.createQueryRunner();
  try {
    await holder.query('SELECT pg_advisory_lock($1)', [ADVISORY_LOCK]);
    return await work(dataSource);
  } finally {
    // Ending the connection gives the lock back.
    await holder.release();
    await dataSource.destroy();
  }
}

/** Applies every missing migration, then the seed. Returns the names applied. */
export function migrateUp(config: DatabaseConfig): Promise<string[]> {
  return withMigrationLock(config, async (dataSource) => {
    const applied = await dataSource.runMigrations({ transaction: 'each' });
    await seed(dataSource);
    return applied.map(({ name }) => name);
  });
}

/** Takes back the newest migration. Returns its name, or null when none is applied. */
export function migrateDown(config: DatabaseConfig): Promise<string | null> {
  return withMigrationLock(config, async (dataSource) => {
    const [newest] = await appliedMigrations(dataSource);
    if (!newest) return null;
    await dataSource.undoLastMigration({ transaction: 'each' });
    return newest;
  });
}

async function appliedMigrations(dataSource: DataSource): Promise<string[]> {
  const table = dataSource.options.migrationsTableName!;
  const exists: { exists: boolean }[] = await dataSource.query('SELECT to_regclass($1) IS NOT NULL AS exists', [table]);
  if (!exists[0].exists) return [];
  const rows: { name: string }[] = await dataSource.query(`SELECT name FROM ${table} ORDER BY id DESC`);
  return rows.map(({ name }) => name);
}
