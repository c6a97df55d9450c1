import { type ChildProcess, spawn, spawnSync, type SpawnOptions } from 'node:child_process';
import { chownSync, mkdirSync, renameSync, rmdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { removeFolder } from '#sandbox';
import type { Account } from './postgres-account.js';
import type { PostgresPrograms } from './postgres-programs.js';

/**
 * Entry of the process that holds the embedded PostgreSQL. It is a process of its own so that the database outlives a
 * Ctrl-C until its clients are done; when the parent is gone, however it went, the database stops.
 */
export interface PostgresHostOptions {
  readonly folder: string;
  readonly port: number;
  readonly programs: PostgresPrograms;
  /** Whom the server runs as; undefined: as this process. */
  readonly account?: Account;
  /** Password of the superuser `postgres` of new data. */
  readonly adminPassword: string;
}

export type PostgresReport = { readonly ready: true } | { readonly ready: false; readonly reason: string };

const READY = 'database system is ready to accept connections';
const LOG_LINES_KEPT = 20;
/** What PostgreSQL needs of the environment; it runs as another account, which has no business with the rest. */
const VARIABLES = ['PATH', 'TZ', 'SystemRoot', 'TEMP', 'TMP'];

process.umask(0o077);
process.once('message', (options: PostgresHostOptions) => {
  const log: string[] = [];
  hold(options, log).then(
    () => process.send?.({ ready: true } satisfies PostgresReport),
    (error: unknown) => {
      const reason = [(error as Error | undefined)?.message, ...log.slice(-LOG_LINES_KEPT)].filter(Boolean).join('\n');
      process.send?.({ ready: false, reason } satisfies PostgresReport, () => process.exit(1));
    },
  );
});

async function hold(options: PostgresHostOptions, log: string[]): Promise<void> {
  const { folder, port, programs, account } = options;
  if (!statSync(path.join(folder, 'PG_VERSION'), { throwIfNoEntry: false })) createCluster(options);
  const network = ['-p', `${port}`, '-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories='];
  // The data may name a language that this machine does not have.
  const settings = [...network, '-c', 'lc_messages=C'];
  const server = spawn(programs.postgres, ['-D', dataFolder(folder, account), ...settings], {
    ...processOptions(folder, account),
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const gone = new Promise<void>((resolve) => {
    server.once('exit', () => resolve());
    server.once('error', () => resolve());
  });
  process.once('disconnect', () => {
    stop(server, options);
    void gone.then(() => process.exit(0));
  });
  await listening(server, log);
}

/** Makes the data aside and moves it: an interrupted first start leaves no half of it behind. */
function createCluster({ folder, programs, account, adminPassword }: PostgresHostOptions): void {
  const fresh = path.join(folder, '..', `.${path.basename(folder)}-new`);
  removeFolder(fresh);
  mkdirSync(fresh, { mode: 0o700 });
  if (account) chownSync(fresh, account.uid, account.gid);
  const data = dataFolder(fresh, account);
  const options = { ...processOptions(fresh, account), encoding: 'utf8' as const };
  const access = ['--username=postgres', '--auth-local=peer', '--auth-host=scram-sha-256'];
  const form = ['--encoding=UTF8', '--locale=C', '--no-instructions'];
  run(programs.initdb, [`--pgdata=${data}`, ...access, ...form], options);
  // Without a server, so that no moment passes in which the superuser has no password; and on no command line.
  const input = `ALTER ROLE postgres PASSWORD '${adminPassword.replaceAll("'", "''")}'\n`;
  run(programs.postgres, ['--single', '-D', data, '-c', 'exit_on_error=on', 'postgres'], { ...options, input });
  rmdirSync(folder); // Refuses unless it is empty: data is never deleted.
  renameSync(fresh, folder);
}

function run(program: string, args: string[], options: SpawnOptions & { encoding: 'utf8'; input?: string }): void {
  const { status, signal, error, stderr } = spawnSync(program, args, options);
  if (error) throw error;
  if (status !== 0) throw new Error(`${path.basename(program)} ended with ${signal ?? `code ${status}`}: ${stderr}`);
}

/**
 * The server starts in its data's folder and, as another account, calls it by that: it may not walk there by name,
 * through folders that only root may enter.
 */
function dataFolder(folder: string, account?: Account): string {
  return account ? '/proc/self/cwd' : folder;
}

function processOptions(folder: string, account?: Account): SpawnOptions {
  const kept: Record<string, string | undefined> = Object.fromEntries(
    VARIABLES.map((name) => [name, process.env[name]]),
  );
  return { cwd: folder, env: { ...kept, LC_ALL: 'C' }, windowsHide: true, ...account };
}

/** @throws Error when the server ends before it listens; the log shows why */
function listening(server: ChildProcess, log: string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.once('exit', (code, signal) => reject(new Error(`PostgreSQL ended with ${signal ?? `code ${code}`}`)));
    server.stderr!.on('data', (chunk: Buffer) => {
      log.push(chunk.toString().trim());
      log.splice(0, log.length - LOG_LINES_KEPT);
      if (log.at(-1)!.includes(READY)) resolve();
    });
  });
}

/** Ends sessions and stops gracefully. */
function stop(server: ChildProcess, { folder, programs }: PostgresHostOptions): void {
  // Signals end programs of Windows without ceremony.
  if (process.platform === 'win32') spawn(programs.pgCtl, ['stop', '-m', 'fast', '-D', folder], { stdio: 'ignore' });
  else server.kill('SIGINT');
}
