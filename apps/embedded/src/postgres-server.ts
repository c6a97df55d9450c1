import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, realpathSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { type DatabaseAddress, ensureOwnedDatabase } from '#persistence/connection';
import { postgresAccount, adoptFolder } from './postgres-account.js';
import type { PostgresHostOptions, PostgresReport } from './postgres-host.js';
import { postgresPrograms } from './postgres-programs.js';

const HOST_ENTRY = fileURLToPath(new URL('./postgres-host.js', import.meta.url));
const START_ATTEMPTS = 20;
const RETRY_MS = 500;

export interface PostgresPasswords {
  /** Of the role that owns the application's database and is no superuser. */
  readonly application: string;
  /** Of the superuser `postgres`, for administration. */
  readonly admin: string;
}

const LOOPBACK = '127.0.0.1';

/** PostgreSQL of the embedded profile: its data in one folder, listening on loopback only. */
export class PostgresServer {
  /** The application's: the owner of its database, who may do nothing outside. */
  readonly connection: DatabaseAddress;
  /** The superuser's. */
  readonly administration: DatabaseAddress;

  private constructor(
    private readonly host: ChildProcess,
    port: number,
    passwords: PostgresPasswords,
    name: string,
  ) {
    this.connection = { host: LOOPBACK, port, name, user: name, password: passwords.application };
    this.administration = { host: LOOPBACK, port, name: 'postgres', user: 'postgres', password: passwords.admin };
  }

  /**
   * Starts the server on the data in `folder`, making both at the first start, with a database that the role of its name
   * owns. Data of a version in which the application was the superuser is brought to that.
   *
   * @throws Error with the server's own words when it does not come up.
   */
  static async start(folder: string, passwords: PostgresPasswords, name = 'pop_render'): Promise<PostgresServer> {
    const account = await postgresAccount();
    const programs = postgresPrograms(account);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const data = realpathSync(folder);
    for (let attempt = 1; ; attempt++) {
      if (!account || adoptFolder(data, account)) {
        const port = await freePort();
        const host = spawnHost();
        const report = await firstReport(host, {
          folder: data,
          port,
          programs,
          account,
          adminPassword: passwords.admin,
        });
        if (report.ready) return await new PostgresServer(host, port, passwords, name).withDatabase(passwords);
        if (!isHeld(report.reason)) throw new Error(`The embedded PostgreSQL did not start: ${report.reason}`);
      }
      // The server of a run that was killed needs a moment to stop.
      if (attempt >= START_ATTEMPTS) throw new Error(`Another Pop-Render is running on ${path.dirname(folder)}`);
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }

  private async withDatabase({ application }: PostgresPasswords): Promise<this> {
    try {
      // Before there were two passwords the application's was that of the superuser.
      await ensureOwnedDatabase(this.administration, this.connection, application);
      return this;
    } catch (error) {
      await this.stop();
      throw new Error(`The embedded PostgreSQL could not be prepared: ${(error as Error).message}`, { cause: error });
    }
  }

  async stop(): Promise<void> {
    if (this.host.exitCode !== null || this.host.signalCode !== null) return;
    const gone = new Promise((resolve) => this.host.once('exit', resolve));
    if (this.host.connected) this.host.disconnect();
    await gone;
  }
}

function spawnHost(): ChildProcess {
  // A session of its own: a Ctrl-C is for us, and the database stops when we stop it.
  return spawn(process.execPath, [HOST_ENTRY], {
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    detached: true,
    env: hostEnvironment(),
  });
}

/** What programs need to run, and no setting of the service. */
function hostEnvironment(): NodeJS.ProcessEnv {
  const names = ['PATH', 'HOME', 'TMPDIR', 'TZ', 'LANG', 'LD_LIBRARY_PATH', 'LD_PRELOAD'];
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => names.includes(name)));
}

function firstReport(host: ChildProcess, options: PostgresHostOptions): Promise<PostgresReport> {
  return new Promise((resolve) => {
    host.once('message', (report: PostgresReport) => resolve(report));
    host.once('exit', (code, signal) =>
      resolve({ ready: false, reason: `its process ended with ${signal ?? `code ${code}`}` }),
    );
    host.once('error', (error) => resolve({ ready: false, reason: error.message }));
    host.send(options, () => undefined); // A host that is gone already reports by its exit.
  });
}

function isHeld(reason: string): boolean {
  return reason.includes('postmaster.pid') && reason.includes('already exists');
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve, reject) => probe.once('error', reject).listen(0, LOOPBACK, resolve));
  const { port } = probe.address() as { port: number };
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
