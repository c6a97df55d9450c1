import pg from 'pg';
import { until } from '../support/processes.js';
import { proceduresOf, Terminal } from './runbook.js';
import { SystemPostgres } from './system-postgres.js';

const PAGE = 'docs/runbooks/database.md';
const PASSWORD = 'secret';
/** A row that a backup must keep. */
const ASSET = '7c9e6679-7425-40de-944b-e07fc1f90ae7';

jest.setTimeout(120_000);

describe('the procedures of the database runbook, in their order', () => {
  let server: SystemPostgres;
  let terminal: Terminal;

  beforeAll(async () => {
    server = await SystemPostgres.start();
    terminal = await Terminal.open({
      DB_HOST: '127.0.0.1',
      DB_PORT: String(server.port),
      DB_PASSWORD: PASSWORD,
      PGPASSFILE: server.passwordFileFor('render_user', PASSWORD),
    });
    await until('PostgreSQL answers', () => query('SELECT 1', 'postgres'));
  });

  afterAll(async () => {
    await terminal.close();
    await server.close();
  });

  async function query(text: string, database = 'aso_render'): Promise<unknown[]> {
    const client = new pg.Client({ ...server.admin, database });
    await client.connect();
    try {
      return (await client.query(text)).rows as unknown[];
    } finally {
      await client.end();
    }
  }

  async function insertAsset(): Promise<void> {
    await query(
      `INSERT INTO assets (id, filename, minio_key, format, width_px, height_px, file_size_bytes)
       VALUES ('${ASSET}', 'photo.jpg', 'uploads/${ASSET}/photo.jpg', 'jpeg', 1, 1, 1)`,
    );
  }

  it.each(proceduresOf(PAGE).map((procedure) => [procedure.heading, procedure] as const))(
    '%s',
    async (_, procedure) => {
      if (procedure.heading.startsWith('Back up')) await insertAsset();
      if (procedure.heading === 'Restore') await query('DELETE FROM assets', 'aso_render');
      if (procedure.language === 'sql') {
        await query(procedure.code);
        return;
      }
      expect(await terminal.run(procedure.code)).toMatchObject({ exitCode: 0 });
    },
  );

  it('leave a schema that is owned by the user of the service, complete and seeded', async () => {
    const tables = await query(
      `SELECT tablename AS name, tableowner AS owner FROM pg_tables WHERE schemaname = 'public'`,
    );
    for (const name of ['assets', 'renders', 'size_presets', 'styles']) {
      expect(tables).toContainEqual({ name, owner: 'render_user' });
    }
    expect(await query('SELECT count(*)::int AS count FROM size_presets')).toEqual([{ count: 7 }]);
  });

  it('bring back what the backup holds, and keep the previous database', async () => {
    expect(await query('SELECT id FROM assets')).toEqual([{ id: ASSET }]);
    expect(await query('SELECT id FROM assets', 'aso_render_before')).toEqual([]);
  });

  it('leave no password but the new one, and no statement logged', async () => {
    const login = new pg.Client({ ...server.admin, database: 'aso_render', user: 'render_user', password: PASSWORD });
    await expect(login.connect()).rejects.toThrow(/password authentication failed/);
    const settings = await query(`SELECT 1 FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase`);
    expect(settings).toEqual([]);
  });
});
