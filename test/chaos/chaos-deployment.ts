import type { DatabaseConfig, RedisConfig, S3Endpoint } from '#config';
import path from 'node:path';
import { migrateUp } from '../../migrations/migrate.js';
import { Deployment } from '../support/deployment.js';
import { FaultProxy } from '../support/fault-proxy.js';
import { OwnPostgres, OwnRedis } from '../support/own-servers.js';
import { freePort, Program, temporaryFolder, until } from '../support/processes.js';
import { ManagedProcess } from './managed-process.js';

const LOOPBACK = '127.0.0.1';
/** Small and quick to print. */
export const SMALL_SIZE = '00000000-0000-4000-8000-00000000c4a5';

const SETTINGS = {
  QUEUE_LOCK_SECONDS: '3',
  QUEUE_RETRY_SECONDS: '1',
  RECONCILE_SECONDS: '1',
  // Processes die here by the test's signals, not by the photo.
  RENDER_MAX_LOST_ATTEMPTS: '100',
  RENDER_THREADS: '1',
  SHUTDOWN_GRACE_SECONDS: '3',
  LOG_LEVEL: 'WARNING',
};

/** An S3 server that keeps its objects when it is killed. */
class OwnStorage {
  private program!: Program;

  constructor(
    private readonly folder: string,
    readonly port: number,
  ) {}

  async run(): Promise<void> {
    this.program = new Program('test/support/s3-server.mjs', {}, [String(this.port), this.folder]);
    await until('the object storage listens', () => this.program.output.includes('listening'));
  }

  async kill(): Promise<void> {
    this.program.kill('SIGKILL');
    await this.program.ended;
  }
}

/** A whole deployment on this machine: its own servers behind fault proxies, several APIs and workers. */
export class ChaosDeployment {
  private constructor(
    readonly postgres: OwnPostgres,
    readonly redis: OwnRedis,
    readonly storage: OwnStorage,
    readonly proxies: Record<'database' | 'redis' | 'storage', FaultProxy>,
    readonly deployment: Deployment,
    readonly apis: readonly ManagedProcess[],
    readonly workers: readonly ManagedProcess[],
    private readonly removeFolder: () => Promise<void>,
  ) {}

  static async build(apiCount: number, workerCount: number): Promise<ChaosDeployment> {
    const [folder, removeFolder] = await temporaryFolder();
    const [postgres, redis] = await Promise.all([OwnPostgres.start(), OwnRedis.start()]);
    const storage = new OwnStorage(path.join(folder, 's3'), await freePort());
    await storage.run();
    const proxies = {
      database: await FaultProxy.open(postgres.config),
      redis: await FaultProxy.open(redis.config),
      storage: await FaultProxy.open({ host: LOOPBACK, port: storage.port }),
    };
    const database: DatabaseConfig = { ...postgres.config, host: LOOPBACK, port: proxies.database.port };
    const throughProxy: RedisConfig = { ...redis.config, host: LOOPBACK, port: proxies.redis.port };
    const s3: S3Endpoint = { host: LOOPBACK, port: proxies.storage.port, tls: false };
    await migrateUp(database);
    const options = { queue: 'redis', storage: 's3', database, redis: throughProxy, s3, lockSeconds: 3 } as const;
    const deployment = await Deployment.prepare({ ...options, env: SETTINGS });
    await deployment.query(
      `INSERT INTO size_presets (id, name, width_inches, height_inches, dpi) VALUES ($1, '2x3', 2, 3, 300)`,
      [SMALL_SIZE],
    );
    const processes = (role: 'api' | 'worker', count: number): Promise<ManagedProcess[]> =>
      Promise.all(Array.from({ length: count }, (_, i) => ManagedProcess.add(role, i + 1, deployment.env)));
    const [apis, workers] = [await processes('api', apiCount), await processes('worker', workerCount)];
    return new ChaosDeployment(postgres, redis, storage, proxies, deployment, apis, workers, removeFolder);
  }

  get processes(): ManagedProcess[] {
    return [...this.apis, ...this.workers];
  }

  async start(): Promise<void> {
    for (const process of this.processes) process.start();
    await Promise.all(this.processes.map((process) => process.ready(60_000)));
  }

  async healNetwork(): Promise<void> {
    await Promise.all(Object.values(this.proxies).map((proxy) => proxy.heal()));
  }

  async close(): Promise<void> {
    await Promise.all(this.processes.map((process) => process.stop('SIGKILL')));
    await this.healNetwork();
    await this.deployment.close();
    await Promise.all(Object.values(this.proxies).map((proxy) => proxy.close()));
    await Promise.all([this.postgres.close(), this.redis.close(), this.storage.kill()]);
    await this.removeFolder();
  }
}
