import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { AppConfig } from '#config';

const root = path.resolve(__dirname, '../..');

export async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

/** Polls until `probe` gives something other than false, undefined or an error. */
export async function until<T>(
  what: string,
  probe: () => Promise<T | false | undefined> | T | false | undefined,
  limitMs = 60_000,
  everyMs = 50,
): Promise<T> {
  const deadline = Date.now() + limitMs;
  let last: unknown;
  for (;;) {
    try {
      const value = await probe();
      if (value !== false && value !== undefined) return value;
    } catch (error) {
      last = error;
    }
    if (Date.now() > deadline) throw new Error(`Waited in vain until ${what}`, { cause: last });
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}

/** A program of the built project, run as its users run it. */
export class Program {
  output = '';
  private readonly child: ChildProcess;
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;

  constructor(
    script: string,
    readonly env: Record<string, string>,
    args: string[] = [],
  ) {
    const { PATH = '', TMPDIR = tmpdir() } = process.env;
    this.child = spawn(process.execPath, [path.join(root, script), ...args], {
      cwd: root,
      env: { PATH, TMPDIR, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    }
    this.ended = new Promise((resolve) => this.child.once('exit', (code, signal) => resolve({ code, signal })));
  }

  get pid(): number {
    return this.child.pid!;
  }

  get running(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  async stop(): Promise<void> {
    if (this.running) this.kill('SIGTERM');
    await this.ended;
  }

  async ready(url: string): Promise<void> {
    const answers = async (): Promise<boolean> => {
      if (!this.running) throw new Error(`The program ended: ${this.output}`);
      return (await fetch(url)).ok;
    };
    // On a busy machine a program takes its time to start.
    await until(`${url} answers`, answers, 60_000).catch((error: Error) => {
      throw new Error(`${error.message}; it printed: ${this.output}`);
    });
  }
}

type Servers = Pick<AppConfig, 'database' | 'queue' | 'storage'>;

/** The environment variables that lead a program to these servers. */
export function environmentFor({ database, queue, storage }: Servers): Record<string, string> {
  return {
    DB_HOST: database.host,
    DB_PORT: String(database.port),
    DB_NAME: database.name,
    DB_USER: database.user,
    DB_PASSWORD: database.password,
    QUEUE_BACKEND: queue.backend,
    QUEUE_LOCK_SECONDS: String(queue.lockSeconds),
    QUEUE_RETRY_SECONDS: String(queue.retrySeconds),
    ...(queue.backend === 'redis'
      ? { REDIS_HOST: queue.redis.host, REDIS_PORT: String(queue.redis.port), REDIS_DB: String(queue.redis.db) }
      : {}),
    STORAGE_BACKEND: storage.backend,
    ...(storage.backend === 's3'
      ? {
          MINIO_ENDPOINT: `${storage.s3.endpoint.host}:${storage.s3.endpoint.port}`,
          MINIO_ACCESS_KEY: storage.s3.accessKey,
          MINIO_SECRET_KEY: storage.s3.secretKey,
          MINIO_BUCKET: storage.s3.bucket,
        }
      : {
          STORAGE_ROOT: storage.filesystem.root,
          STORAGE_SIGNING_KEY: storage.filesystem.signingKey,
          PUBLIC_URL: storage.filesystem.publicUrl,
        }),
  };
}

/** A temporary folder of the test, removed by the returned function. */
export async function temporaryFolder(): Promise<[string, () => Promise<void>]> {
  const folder = await mkdtemp(path.join(tmpdir(), 'spec-'));
  return [folder, () => rm(folder, { recursive: true, force: true })];
}

/** The processes that a process has started and that still run. */
export async function childrenOf(pid: number): Promise<number[]> {
  const all = (await readdir('/proc')).map(Number).filter((id) => id > 0);
  const parents = await Promise.all(all.map((id) => readFile(`/proc/${id}/stat`, 'utf8').catch(() => '')));
  // "pid (name) state parent ...", and a name may hold anything.
  const isChild = (stat: string): boolean => {
    const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return state !== 'Z' && Number(parent) === pid;
  };
  return all.filter((_, i) => isChild(parents[i]));
}

/** The processes that a process has started, directly or not: what decodes and renders stands within a sandbox. */
export async function descendantsOf(pid: number): Promise<number[]> {
  const children = await childrenOf(pid);
  return [...children, ...(await Promise.all(children.map(descendantsOf))).flat()];
}

/** Kills whatever a process has started, at once. */
export async function killChildrenOf(pid: number): Promise<void> {
  for (const child of await childrenOf(pid)) if (isRunning(child)) process.kill(child, 'SIGKILL');
}

export function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
