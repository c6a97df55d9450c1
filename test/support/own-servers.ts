import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { DatabaseConfig, RedisConfig } from '#config';
import { Redis } from 'ioredis';
import type { PostgresServer } from '../../apps/embedded/src/postgres-server.js';
import { freePort, temporaryFolder, until } from './processes.js';

/** A Redis of one test alone, which may be killed and started again on its port. */
export class OwnRedis {
  private process?: ChildProcess;

  private constructor(
    private readonly folder: string,
    private readonly removeFolder: () => Promise<void>,
    readonly config: RedisConfig,
  ) {}

  static async start(): Promise<OwnRedis> {
    const [folder, removeFolder] = await temporaryFolder();
    const server = new OwnRedis(folder, removeFolder, { host: '127.0.0.1', port: await freePort(), db: 0, tls: false });
    await server.run();
    return server;
  }

  /** Starts it on the data it had. */
  async run(): Promise<void> {
    const { port } = this.config;
    const persistence = ['--appendonly', 'yes', '--appendfsync', 'always', '--save', ''];
    const settings = ['--port', String(port), '--bind', '127.0.0.1', '--dir', this.folder, ...persistence];
    this.process = spawn(process.env.TEST_REDIS_SERVER ?? 'redis-server', settings, { stdio: 'ignore' });
    await until('Redis answers', async () => (await this.command('PING')) === 'PONG');
  }

  async kill(): Promise<void> {
    const gone = new Promise((resolve) => this.process!.once('exit', resolve));
    this.process!.kill('SIGKILL');
    await gone;
  }

  async command(name: string, ...values: string[]): Promise<unknown> {
    const { host, port } = this.config;
    const client = new Redis({ host, port, retryStrategy: () => null, maxRetriesPerRequest: 0 });
    client.on('error', () => undefined);
    try {
      return await client.call(name, ...values);
    } finally {
      if (client.status !== 'end') client.disconnect();
    }
  }

  async close(): Promise<void> {
    if (this.process?.exitCode === null && this.process.signalCode === null) await this.kill();
    await this.removeFolder();
  }
}

/** A PostgreSQL of one test alone; started again it listens on another port. */
export class OwnPostgres {
  private constructor(
    private readonly folder: string,
    private readonly removeFolder: () => Promise<void>,
    private server: PostgresServer,
  ) {}

  static async start(): Promise<OwnPostgres> {
    const [folder, removeFolder] = await temporaryFolder();
    const data = path.join(folder, 'data');
    return new OwnPostgres(data, removeFolder, await launch(data));
  }

  get config(): DatabaseConfig {
    return { ...this.server.connection, pool: { min: 0, max: 5 } };
  }

  /** Ends every process of it without warning, as a power cut does. */
  async kill(): Promise<void> {
    const [pid] = readFileSync(path.join(this.folder, 'postmaster.pid'), 'utf8').split('\n');
    process.kill(Number(pid), 'SIGKILL');
    await this.server.stop();
  }

  async run(): Promise<void> {
    // The sessions of the killed server need a moment to notice.
    this.server = await until('PostgreSQL starts again', () => launch(this.folder));
  }

  async close(): Promise<void> {
    await this.server.stop();
    await this.removeFolder();
  }
}

async function launch(folder: string): Promise<PostgresServer> {
  // As compiled: it starts a script that lies beside it.
  const compiled: string = '../../dist/apps/embedded/src/postgres-server.js';
  const module = (await import(compiled)) as { PostgresServer: typeof PostgresServer };
  return module.PostgresServer.start(folder, { application: 'test', admin: 'admin' });
}
