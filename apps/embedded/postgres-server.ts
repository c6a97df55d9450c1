import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chownSync, mkdirSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { DatabaseConfig } from '#config';
import type { PostgresOrder, PostgresReport } from './postgres-host.js';

const HOST_ENTRY = fileURLToPath(new URL('./postgres-host.js', import.meta.url));
const START_ATTEMPTS = 20;
const RETRY_MS = 500;

/** PostgreSQL of the embedded profile: its data in one folder, listening on loopback only. */
export class PostgresServer {
  private constructor(
    private readonly host: ChildProcess,
    readonly connection: Pick<DatabaseConfig, 'host' | 'port' | 'name' | 'user' | 'password'>,
  ) {}

  /**
   * Starts the server on the data in `folder`, making both at the first start.
   *
   * @throws Error with the server's own words when it does not come up.
   */
  static async start(folder: string, password: string, name = 'pop_render'): Promise<PostgresServer> {
    const identity = process.getuid?.() === 0 ? unprivilegedIdentity(folder) : undefined;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    if (identity) chownSync(folder, identity.uid, identity.gid);
    for (let attempt = 1; ; attempt++) {
      const port = await freePort();
      const order: PostgresOrder = { folder: path.resolve(folder), port, user: 'postgres', password, database: name };
      const host = spawnHost(identity);
      const report = await firstReport(host, order);
      if (report.ready) return new PostgresServer(host, { host: '127.0.0.1', port, name, user: 'postgres', password });
      if (!isHeld(report.reason)) throw new Error(`The embedded PostgreSQL did not start: ${report.reason}`);
      // The server of a run that was killed needs a moment to stop.
      if (attempt >= START_ATTEMPTS) throw new Error(`Another Pop-Render is running on ${path.dirname(folder)}`);
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }

  async stop(): Promise<void> {
    if (this.host.exitCode !== null || this.host.signalCode !== null) return;
    const gone = new Promise((resolve) => this.host.once('exit', resolve));
    if (this.host.connected) this.host.disconnect();
    await gone;
  }
}

interface Identity {
  readonly uid: number;
  readonly gid: number;
}

/** PostgreSQL refuses to run as root: the owner of the data, else the system's postgres user, else nobody. */
function unprivilegedIdentity(folder: string): Identity {
  const owner = statSync(folder, { throwIfNoEntry: false });
  if (owner && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  for (const user of ['postgres', 'nobody']) {
    try {
      return { uid: idOf('-u', user), gid: idOf('-g', user) };
    } catch {
      continue; // No such user here.
    }
  }
  throw new Error('PostgreSQL cannot run as root, and there is neither a "postgres" nor a "nobody" user to run it as.');
}

function idOf(flag: '-u' | '-g', user: string): number {
  return Number(execFileSync('id', [flag, user], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
}

function spawnHost(identity?: Identity): ChildProcess {
  const stdio = ['ignore', 'ignore', 'ignore', 'ipc'] as const;
  // A session of its own: a Ctrl-C is for us, and the database stops when we say so.
  const options = { stdio: [...stdio], detached: true, env: hostEnvironment() };
  if (!identity) return spawn(process.execPath, [HOST_ENTRY], options);
  // The one capability kept lets it reach binaries and data below folders that only root may enter, such as /root; the
  // secure bit makes it count for access(2) too, by which PostgreSQL looks for its own programs.
  const keep = '+dac_override';
  const become = [
    `--reuid=${identity.uid}`,
    `--regid=${identity.gid}`,
    '--clear-groups',
    `--inh-caps=${keep}`,
    `--ambient-caps=${keep}`,
    '--securebits=+no_setuid_fixup',
  ];
  return spawn('setpriv', [...become, process.execPath, HOST_ENTRY], options);
}

/** What programs need to run, and no setting of the service. */
function hostEnvironment(): NodeJS.ProcessEnv {
  const names = ['PATH', 'HOME', 'TMPDIR', 'TZ', 'LANG', 'LD_LIBRARY_PATH', 'LD_PRELOAD'];
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => names.includes(name)));
}

function firstReport(host: ChildProcess, order: PostgresOrder): Promise<PostgresReport> {
  return new Promise((resolve) => {
    host.once('message', (report: PostgresReport) => resolve(report));
    host.once('exit', (code, signal) =>
      resolve({ ready: false, reason: `its process ended with ${signal ?? `code ${code}`}` }),
    );
    host.once('error', (error) => resolve({ ready: false, reason: explain(error) }));
    host.send(order, () => undefined); // A host that is gone already reports by its exit.
  });
}

function explain(error: NodeJS.ErrnoException): string {
  if (error.code !== 'ENOENT') return error.message;
  return `${error.path} is missing. Install it (package util-linux), or run as an ordinary user instead of root.`;
}

function isHeld(reason: string): boolean {
  return reason.includes('postmaster.pid') && reason.includes('already exists');
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve, reject) => probe.once('error', reject).listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as { port: number };
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
