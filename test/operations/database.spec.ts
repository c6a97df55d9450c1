import pg from 'pg';
import { until } from '../support/processes.js';
import { proceduresOf, Terminal } from './runbook.js';
import { SystemPostgres } from './system-postgres.js';

const PAGE = 'docs/runbooks/database.md';

jest.setTimeout(120_000);

describe('the procedures of the database runbook, in their order', () => {
  let server: SystemPostgres;
  let terminal: Terminal;

  beforeAll(async () => {
    server = await SystemPostgres.start();
    terminal = await Terminal.open({
      DB_HOST: '127.0.0.1',
      DB_PORT: String(server.port),
      DB_PASSWORD: 'secret',
      PGPASSWORD: 'secret',
    });
    await until('PostgreSQL answers', () => query('SELECT 1', 'postgres'));
  });

  afterAll(async () => {
    await terminal.close();
    await server.close();
  });

  async function query(text: string, database = 'aso_render'): Promise<unknown[]> {
    const client = new pg.Client({ host: '127.0.0.1', port: server.port, user: 'postgres', database });
    await client.connect();
    try {
      return (await client.query(text)).rows as unknown[];
    } finally {
      await client.end();
    }
  }

  it.each(proceduresOf(PAGE).map((procedure) => [procedure.heading, procedure] as const))(
    '%s',
    async (_, procedure) => {
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
});
