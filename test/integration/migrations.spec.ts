import { randomUUID } from 'node:crypto';
import type { DatabaseConfig } from '#config';
import { dataSourceOptions, Catalogue, SYSTEM_OWNER_ID } from '#persistence';
import { DataSource } from 'typeorm';
import {
  migrateDown,
  MIGRATIONS,
  migrationStates,
  migrateUp,
  withMigrationConnection,
} from '../../migrations/migrate.js';
import { createDatabase, dropDatabase } from '../support/servers.js';

describe('migrations', () => {
  let database: DatabaseConfig;
  beforeEach(async () => (database = await createDatabase()));
  afterEach(() => dropDatabase(database));

  async function withDataSource<T>(work: (dataSource: DataSource) => Promise<T>): Promise<T> {
    const dataSource = await new DataSource(dataSourceOptions(database)).initialize();
    try {
      return await work(dataSource);
    } finally {
      await dataSource.destroy();
    }
  }

  const tables = async (): Promise<string[]> =>
    withDataSource(async (dataSource) => {
      const query = `SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' ORDER BY 1`;
      return (await dataSource.query<{ table_name: string }[]>(query)).map((row) => row.table_name);
    });

  it('leave a schema that the entities agree with', async () => {
    await migrateUp(database);
    const drift = await withDataSource(async (dataSource) => {
      const { upQueries } = await dataSource.driver.createSchemaBuilder().log();
      return upQueries.map(({ query }) => query);
    });
    expect(drift).toEqual([]);
  });

  it('can be taken back to nothing and applied again', async () => {
    expect(await migrateUp(database)).toHaveLength(MIGRATIONS.length);
    for (const { name } of [...MIGRATIONS].reverse()) expect(await migrateDown(database)).toBe(name);
    expect(await migrateDown(database)).toBeNull();
    expect(await tables()).toEqual(['schema_migrations']);
    expect(await migrateUp(database)).toHaveLength(MIGRATIONS.length);
    expect(await tables()).toEqual([
      'assets',
      'owners',
      'reconciler_progress',
      'render_counts',
      'render_events',
      'renders',
      'schema_migrations',
      'size_presets',
      'storage_usage',
      'styles',
      'sweep_attempts',
    ]);
  });

  it('keep the time of each from then on when a schema without such times comes to this version', async () => {
    await migrateUp(database);
    await withDataSource(async (dataSource) => {
      await dataSource.query('ALTER TABLE schema_migrations DROP COLUMN applied_at');
    });
    await migrateDown(database);
    await migrateUp(database);
    const states = await withMigrationConnection(database, migrationStates);
    expect(states.map(({ appliedAt }) => appliedAt !== null)).toEqual(
      MIGRATIONS.map((_, i) => i === MIGRATIONS.length - 1),
    );
  });

  it('take turns when two processes start at once', async () => {
    const applied = await Promise.all([migrateUp(database), migrateUp(database), migrateUp(database)]);
    expect(applied.flat()).toHaveLength(MIGRATIONS.length);
  });

  it('seed the documented rows once, and keep what an operator changed', async () => {
    await migrateUp(database);
    await withDataSource((dataSource) =>
      dataSource.query(`UPDATE styles SET algorithm_config = '{"colors": 5}' WHERE slug = 'pop-poster'`),
    );
    await migrateUp(database);
    const { styles, presets } = await withDataSource(async (dataSource) => {
      const catalogue = new Catalogue(dataSource);
      return { styles: await catalogue.listStyles(), presets: await catalogue.listSizePresets() };
    });
    expect(styles.map(({ slug }) => slug).sort()).toEqual([
      'between-the-lines',
      'oil-painting',
      'pencil-sketch',
      'pop-poster',
      'watercolor',
    ]);
    expect(styles.find(({ slug }) => slug === 'pop-poster')?.algorithmConfig).toEqual({ colors: 5 });
    expect(presets.map(({ name }) => name)).toEqual(['9x12', '12x16', '16x20', '18x24', '20x24', '24x36', '30x40']);
    expect(presets.find(({ name }) => name === '9x12')?.id).toBe('6ba7b810-9dad-11d1-80b4-00c04fd430c8');
    expect(presets.find(({ name }) => name === '12x16')?.id).toBe('6ba7b811-9dad-11d1-80b4-00c04fd430c8');
  });

  it('give rows of a version before owners, and those that it goes on inserting, to the system owner', async () => {
    const insert = (id: string): Promise<void> =>
      withDataSource(async (dataSource) => {
        await dataSource.query(
          `INSERT INTO assets (id, filename, minio_key, format, width_px, height_px, file_size_bytes)
           VALUES ($1, 'p.jpg', 'uploads/p.jpg' || $2, 'JPEG', 1, 1, 1)`,
          [id, id],
        );
        await dataSource.query(
          `INSERT INTO renders (id, asset_id, style_id, size_preset_id)
           SELECT $1, $1, (SELECT id FROM styles LIMIT 1), (SELECT id FROM size_presets LIMIT 1)`,
          [id],
        );
      });
    await migrateUp(database);
    let undone: string | null;
    do undone = await migrateDown(database);
    while (undone !== null && undone !== 'AddOwners1765000000000');
    const [before, after] = [randomUUID(), randomUUID()];
    await insert(before);
    await migrateUp(database);
    await insert(after);
    const rows = await withDataSource((dataSource) =>
      dataSource.query(
        'SELECT r.id, r.owner_id, a.owner_id AS asset_owner FROM renders r JOIN assets a ON a.id = asset_id',
      ),
    );
    expect(rows).toHaveLength(2);
    for (const id of [before, after]) {
      expect(rows).toContainEqual({ id, owner_id: SYSTEM_OWNER_ID, asset_owner: SYSTEM_OWNER_ID });
    }
  });

  it('create the documented indexes', async () => {
    await migrateUp(database);
    const rows = await withDataSource((dataSource) =>
      dataSource.query<{ indexname: string }[]>(
        `SELECT indexname FROM pg_indexes WHERE tablename = 'renders' ORDER BY 1`,
      ),
    );
    expect(rows.map(({ indexname }) => indexname)).toEqual([
      'idx_renders_asset_id',
      'idx_renders_client',
      'idx_renders_created',
      'idx_renders_lease_until',
      'idx_renders_queue_job_id',
      'idx_renders_queue_rank',
      'idx_renders_queued',
      'idx_renders_size_preset_id',
      'idx_renders_status',
      'idx_renders_status_completed',
      'idx_renders_status_created',
      'idx_renders_style_id',
      'pk_renders',
    ]);
  });
});
