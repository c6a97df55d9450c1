import { execFileSync } from 'node:child_process';
import { chmodSync, linkSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { migratePostgresQueue } from '#queue';
import pg from 'pg';
import type { PostgresPasswords, PostgresServer } from '../../apps/embedded/src/postgres-server.js';
import { migrateDown, migrateUp } from '../../migrations/migrate.js';
import { temporaryFolder } from '../support/processes.js';

jest.setTimeout(120_000);

/** Accounts are for root to choose; any other user's PostgreSQL runs as that user. */
const itAsRoot = process.getuid?.() === 0 ? it : it.skip;

describe('the embedded PostgreSQL', () => {
  let folder: string;
  let removeFolder: () => Promise<void>;
  let data: string;
  const servers: PostgresServer[] = [];

  beforeEach(async () => {
    [folder, removeFolder] = await temporaryFolder();
    data = path.join(folder, 'postgres');
  });
  afterEach(async () => {
    await Promise.all(servers.splice(0).map((server) => server.stop()));
    await removeFolder();
  });

  const start = async (passwords: PostgresPasswords, name?: string): Promise<PostgresServer> => {
    // As compiled: it starts a script that lies beside it.
    const compiled: string = '../../dist/apps/embedded/src/postgres-server.js';
    const module = (await import(compiled)) as { PostgresServer: typeof PostgresServer };
    const server = await module.PostgresServer.start(data, passwords, name);
    servers.push(server);
    return server;
  };
  const ask = async ({ host, port, name, user, password }: PostgresServer['connection'], ...statements: string[]) => {
    const client = new pg.Client({ host, port, database: name, user, password });
    await client.connect();
    try {
      // eslint-disable-next-line @typescript-eslint/no-explicit-any -- rows are asserted on, field by field
      let rows: any[] = [];
      for (const statement of statements) rows = (await client.query(statement)).rows;
      return rows;
    } finally {
      await client.end();
    }
  };
  /** What a program prints that the server runs for its superuser. */
  const output = async ({ administration }: PostgresServer, command: string): Promise<string> => {
    const run = `COPY seen FROM PROGRAM '${command}' WITH (DELIMITER E'\\x01')`;
    const rows = await ask(administration, 'CREATE TEMP TABLE seen (line text)', run, 'SELECT line FROM seen');
    return rows.map(({ line }) => String(line)).join('\n');
  };
  const ownerOf = (file: string): number => statSync(file).uid;

  it('guarantee: the application role of the embedded database is not a superuser', async () => {
    const { connection, administration } = await start({ application: 'one', admin: 'two' });
    const [role] = await ask(connection, 'SELECT * FROM pg_roles WHERE rolname = current_user');
    expect(role).toMatchObject({ rolsuper: false, rolcreaterole: false, rolcreatedb: false, rolbypassrls: false });
    await expect(ask(connection, "COPY (SELECT 1) TO PROGRAM 'cat'")).rejects.toThrow('permission denied');
    await expect(ask(connection, "SELECT pg_read_file('/etc/passwd')")).rejects.toThrow('permission denied');
    // It needs no more: the schema and a schema of the queue are its own.
    await migrateUp({ ...connection, pool: { min: 0, max: 2 } });
    await migratePostgresQueue({ ...connection, pool: { min: 0, max: 2 } });
    await expect(ask({ ...administration, password: 'one' }, 'SELECT 1')).rejects.toThrow('password authentication');
    await expect(ask({ ...administration, password: '' }, 'SELECT 1')).rejects.toThrow(/password/);
  });

  itAsRoot('guarantee: code inside the embedded database has no root privileges', async () => {
    const server = await start({ application: 'one', admin: 'two' });
    const secret = path.join(folder, 'secret');
    writeFileSync(secret, 'of root', { mode: 0o600 });
    const status = await output(server, 'cat /proc/self/status');
    for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapAmb']) {
      expect(status).toMatch(new RegExp(`^${set}:\\s+0+$`, 'm'));
    }
    const accounts = ['root', 'postgres', 'nobody'].flatMap((name) => idOf(name) ?? []);
    const [uid] = /^Uid:\s+(\d+)/m.exec(status)!.slice(1).map(Number);
    expect(accounts).not.toContain(uid);
    expect([uid, ownerOf(data), statSync(data).mode & 0o777]).toEqual([idOf('pop-render-postgres'), uid, 0o700]);
    await expect(output(server, `cat ${secret}`)).rejects.toThrow('failed');
    // Not even the folder that its data lies in.
    await expect(output(server, `ls ${folder}`)).rejects.toThrow('failed');
    expect(await output(server, 'env | cut -d= -f1')).not.toMatch(/TEST_|POP_RENDER|HOME/);
  });

  it('brings data whose superuser was the application to an owner of its own', async () => {
    const passwords = { application: 'of-before', admin: 'of-before' };
    const before = await start(passwords, 'unused');
    const { host, port, ...superuser } = before.administration;
    const old = { host, port, ...superuser, name: 'pop_render', pool: { min: 0, max: 2 } };
    await ask(before.administration, 'DROP DATABASE unused', 'DROP ROLE unused', 'CREATE DATABASE pop_render');
    await migrateUp(old);
    await migratePostgresQueue(old);
    await ask(old, "CREATE TYPE mood AS ENUM ('well')", 'CREATE VIEW seen AS SELECT id FROM styles');
    await servers.pop()!.stop();

    const { connection, administration } = await start({ application: 'of-before', admin: 'new' });
    const foreign = await ask(
      connection,
      `SELECT relname FROM pg_class WHERE relowner <> current_user::regrole AND relnamespace IN ('public'::regnamespace, 'bullmq'::regnamespace)
       UNION ALL SELECT proname FROM pg_proc WHERE proowner <> current_user::regrole AND pronamespace IN ('public'::regnamespace, 'bullmq'::regnamespace)
       UNION ALL SELECT typname FROM pg_type WHERE typowner <> current_user::regrole AND typnamespace IN ('public'::regnamespace, 'bullmq'::regnamespace)
       UNION ALL SELECT nspname FROM pg_namespace WHERE nspname = 'bullmq' AND nspowner <> current_user::regrole`,
    );
    expect(foreign).toEqual([]);
    const [{ count }] = await ask(connection, 'SELECT count(*)::int AS count FROM styles');
    expect(count).toBeGreaterThan(0);
    const owned = { ...connection, pool: { min: 0, max: 2 } };
    expect(await migrateDown(owned)).not.toBeNull();
    expect(await migrateUp(owned)).toHaveLength(1);
    await expect(ask({ ...administration, password: 'of-before' }, 'SELECT 1')).rejects.toThrow('password');
    expect(await ask(administration, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  itAsRoot("makes data of the system's postgres account its own, and nothing that lies in the way", async () => {
    const passwords = { application: 'one', admin: 'two' };
    await start(passwords);
    await servers.pop()!.stop();
    const uid = idOf('nobody')!;
    execFileSync('chown', ['-R', `${uid}:${uid}`, data]);
    const precious = path.join(folder, 'precious');
    writeFileSync(precious, 'of root', { mode: 0o600 });
    symlinkSync(precious, path.join(data, 'base/link'));
    symlinkSync(folder, path.join(data, 'global/folder'));
    linkSync(precious, path.join(data, 'base/hard-link'));
    const { connection } = await start(passwords);
    expect(await ask(connection, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    expect([ownerOf(data), ownerOf(path.join(data, 'base'))]).toEqual(Array(2).fill(idOf('pop-render-postgres')));
    expect([ownerOf(precious), ownerOf(folder), readFileSync(precious, 'utf8')]).toEqual([0, 0, 'of root']);
  });

  itAsRoot('keeps no data where others could exchange it', async () => {
    chmodSync(folder, 0o777);
    await expect(start({ application: 'one', admin: 'two' })).rejects.toThrow(
      /may be changed by others.+POP_RENDER_HOME/,
    );
  });
});

function idOf(name: string): number | undefined {
  try {
    return Number(execFileSync('id', ['-u', name], { stdio: ['ignore', 'pipe', 'ignore'] }));
  } catch {
    return undefined; // No such account here.
  }
}
