import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { freePort } from '../support/processes.js';

const VERSIONS = '/usr/lib/postgresql';
/** Of the user `postgres`. */
const ADMIN_PASSWORD = 'admin-secret';

/** The PostgreSQL of the system, whose version its own pg_dump can read, asking for passwords; of one test file alone. */
export class SystemPostgres {
  private constructor(
    private readonly folder: string,
    private readonly process: ChildProcess,
    readonly port: number,
  ) {}

  static async start(): Promise<SystemPostgres> {
    const [version] = readdirSync(VERSIONS)
      .filter((name) => existsSync(`${VERSIONS}/${name}/bin/initdb`))
      .sort((a, b) => Number(b) - Number(a));
    const bin = path.join(VERSIONS, version, 'bin');
    // Not in the folder of the tests: that is closed to the server's user.
    const folder = mkdtempSync('/tmp/spec-postgres-');
    const user = serverUser();
    if (user) chownSync(folder, user.uid, user.gid);
    const data = path.join(folder, 'data');
    const options = { ...user, cwd: folder, env: { PATH: process.env.PATH ?? '', LC_ALL: 'C.UTF-8' } };
    const passwordFile = path.join(folder, 'admin-password');
    writeFileSync(passwordFile, ADMIN_PASSWORD);
    const access = ['-U', 'postgres', '-A', 'scram-sha-256', '--pwfile', passwordFile];
    execFileSync(`${bin}/initdb`, ['-D', data, ...access, '-N'], { ...options, stdio: 'ignore' });
    const port = await freePort();
    const settings = [
      '-p',
      String(port),
      '-c',
      'listen_addresses=127.0.0.1',
      '-c',
      `unix_socket_directories=${folder}`,
    ];
    const server = spawn(`${bin}/postgres`, ['-D', data, '-c', 'fsync=off', ...settings], {
      ...options,
      stdio: 'ignore',
    });
    return new SystemPostgres(folder, server, port);
  }

  /** How its administrator connects. */
  get admin(): { host: string; port: number; user: string; password: string } {
    return { host: '127.0.0.1', port: this.port, user: 'postgres', password: ADMIN_PASSWORD };
  }

  /** Writes the `.pgpass` of an operator, by which libpq's programs find passwords. @returns its path */
  passwordFileFor(user: string, password: string): string {
    const file = path.join(this.folder, 'pgpass');
    const lines = [`127.0.0.1:*:*:postgres:${ADMIN_PASSWORD}`, `127.0.0.1:*:*:${user}:${password}`];
    writeFileSync(file, `${lines.join('\n')}\n`, { mode: 0o600 });
    return file;
  }

  async close(): Promise<void> {
    const gone = new Promise((resolve) => this.process.once('exit', resolve));
    this.process.kill('SIGINT');
    await gone;
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** PostgreSQL refuses to run as root. */
function serverUser(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith('postgres:'));
  const [, , uid, gid] = (line ?? '').split(':');
  return { uid: Number(uid), gid: Number(gid) };
}
