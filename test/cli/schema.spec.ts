import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { DatabaseConfig } from '#config';
import pg from 'pg';
import { MIGRATIONS } from '../../migrations/migrate.js';
import { runTool, type ToolRun } from '../support/command-line.js';
import { runCommand } from '../support/operator-tool.js';
import { freePort, temporaryFolder } from '../support/processes.js';
import { createDatabase, dropDatabase } from '../support/servers.js';

jest.setTimeout(120_000);

const NAMES = MIGRATIONS.map(({ name }) => name);

describe('pop-render migrate and seed', () => {
  let database: DatabaseConfig;
  let env: Record<string, string>;

  beforeAll(async () => {
    database = await createDatabase();
    const { host, port, name, user, password } = database;
    env = { DB_HOST: host, DB_PORT: String(port), DB_NAME: name, DB_USER: user, DB_PASSWORD: password };
  });
  afterAll(() => dropDatabase(database));

  const pop = (line: string, more: Record<string, string> = {}): Promise<ToolRun> =>
    runCommand({ ...env, ...more }, ...line.split(' '));

  async function query<Row extends pg.QueryResultRow>(text: string): Promise<Row[]> {
    const { host, port, name, user, password } = database;
    const client = new pg.Client({ host, port, database: name, user, password });
    await client.connect();
    try {
      return (await client.query<Row>(text)).rows;
    } finally {
      await client.end();
    }
  }

  it('report what is missing, and name an unreachable server with its settings', async () => {
    const port = String(await freePort());
    const [unset, unreachable] = await Promise.all([runTool(['migrate', 'up']), pop('migrate up', { DB_PORT: port })]);
    expect(unset).toMatchObject({ code: 4, error: expect.stringContaining('DB_PASSWORD is required') });
    expect(unset.error).not.toContain('MINIO');
    expect(unreachable.code).toBe(6);
    expect(unreachable.error).toMatch(
      new RegExp(`^pop-render: PostgreSQL at [\\w.]+:${port}, .*DB_PORT.*ECONNREFUSED[^\\n]*\\n$`),
    );
  });

  it('prepare an empty database once, also when two run at once, and report what was applied when', async () => {
    const before = await pop('migrate status --json');
    expect(before.code).toBe(7);
    expect(JSON.parse(before.out).migrations).toEqual(
      NAMES.map((name) => ({ name, state: 'pending', appliedAt: null })),
    );
    const both = await Promise.all([0, 1].map(() => pop('migrate up --json', { QUEUE_BACKEND: 'postgres' })));
    expect(both.map(({ code }) => code)).toEqual([0, 0]);
    expect(both.flatMap(({ out }) => JSON.parse(out).applied as string[])).toEqual(NAMES);
    const [schema] = await query<{ there: boolean }>(`SELECT to_regnamespace('bullmq') IS NOT NULL AS there`);
    expect(schema.there).toBe(true);

    const after = await pop('migrate status --json');
    expect(after.code).toBe(0);
    const states = JSON.parse(after.out).migrations as { state: string; appliedAt: string | null }[];
    expect(new Set(states.map(({ state }) => state))).toEqual(new Set(['applied']));
    // Of every one, also those that come before the first that knew of times.
    for (const { appliedAt } of states) expect(Date.parse(appliedAt!)).toBeGreaterThan(Date.now() - 600_000);
    const text = (await pop('migrate status')).out.trim().split('\n').slice(1);
    expect(text.map((line) => /^(\S+) +applied +\d{4}-\d\d-\d\dT[\d:.]+Z$/.exec(line)?.[1])).toEqual(NAMES);
  });

  it('report that the time of a migration is unknown when it was applied before times were kept', async () => {
    await query(`UPDATE schema_migrations SET applied_at = NULL WHERE name = '${NAMES[0]}'`);
    const [first, second] = JSON.parse((await pop('migrate status --json')).out).migrations as object[];
    expect(first).toEqual({ name: NAMES[0], state: 'applied', appliedAt: 'unknown' });
    expect(second).toMatchObject({ appliedAt: expect.stringMatching(/^\d{4}-/) });
    expect((await pop('migrate status')).out).toMatch(new RegExp(`^${NAMES[0]} +applied +unknown$`, 'm'));
  });

  it('take back one step, and only with --yes', async () => {
    const newest = NAMES.at(-1)!;
    expect((await pop('migrate down')).out).toBe(`Would take back ${newest}. Nothing was changed; --yes does it.\n`);
    expect(await query('SELECT 1 FROM schema_migrations')).toHaveLength(NAMES.length);
    expect(await pop('migrate down --yes')).toEqual({ code: 0, out: `Reverted: ${newest}\n`, error: '' });
    expect(await pop('migrate up')).toMatchObject({ code: 0, out: `Applied: ${newest}\n` });
  });

  it('put back missing and changed rows, leave the settings of a style alone, and change nothing without --yes', async () => {
    await query(`UPDATE styles SET name = 'Mine', algorithm_config = '{"colors": 5}' WHERE slug = 'pop-poster'`);
    await query(`DELETE FROM size_presets WHERE name = '9x12'`);
    const snapshot = (): Promise<object[]> =>
      query('SELECT name, algorithm_config FROM styles UNION ALL SELECT name, NULL FROM size_presets ORDER BY 1');
    const before = await snapshot();

    const dry = JSON.parse((await pop('seed --json')).out);
    expect(dry.differences).toMatchObject([
      { table: 'styles', kind: 'changed', fields: { name: { found: 'Mine', seeded: 'Pop Poster' } } },
      { table: 'size_presets', kind: 'missing', name: '9x12' },
    ]);
    expect(await snapshot()).toEqual(before);

    expect((await pop('seed --yes')).out).toContain('2 rows put right.');
    const rows = await snapshot();
    expect(rows).toContainEqual({ name: 'Pop Poster', algorithm_config: { colors: 5 } });
    expect(rows).toContainEqual({ name: '9x12', algorithm_config: null });
  });

  it('refuse a schema that is newer than they are, and read settings from a file before the environment', async () => {
    await query(`INSERT INTO schema_migrations (timestamp, name) VALUES (9999999999999, 'AddFuture9999999999999')`);
    const [folder, remove] = await temporaryFolder();
    const file = path.join(folder, 'deployment.env');
    await writeFile(file, `DB_PORT=${env.DB_PORT}\n# a comment\nDB_PASSWORD='${env.DB_PASSWORD}'\n`);
    const wrong = { ...env, DB_PORT: '1', DB_PASSWORD: 'wrong' };
    const up = await runTool(['migrate', 'up', '--env-file', file], wrong);
    await remove();
    expect(await pop('migrate down')).toMatchObject({ code: 7, out: '', error: expect.stringContaining('is newer') });
    expect(up).toMatchObject({ code: 6, error: expect.stringMatching(/newer than this version.*AddFuture/) });
    expect(await query('SELECT 1 FROM schema_migrations')).toHaveLength(NAMES.length + 1);
  });
});
