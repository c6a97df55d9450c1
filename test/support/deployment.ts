import { mkdir, readdir } from 'node:fs/promises';
import path from 'node:path';
import type { DatabaseConfig, QueueConfig, RedisConfig, S3Endpoint, StorageConfig } from '#config';
import type { ObjectStore } from '#core';
import pg from 'pg';
// Not by the front door: with all of the storage every file of tests would load a framework and a client of S3.
import { FilesystemObjectStore } from '../../libs/storage/src/filesystem/filesystem-object-store.js';
import { SignedLinks } from '../../libs/storage/src/filesystem/signed-links.js';
import { ApiClient } from './client.js';
import { environmentFor, freePort, Program, temporaryFolder } from './processes.js';
import { claimRedis, createDatabaseWithQueue, createMigratedDatabase, dropDatabase, newBucket } from './servers.js';

export interface DeploymentOptions {
  readonly queue: 'redis' | 'postgres';
  readonly storage: 's3' | 'filesystem';
  readonly lockSeconds?: number;
  readonly env?: Record<string, string>;
  /** Servers of the test's own in place of the shared ones; a database must have its schema. */
  readonly redis?: RedisConfig;
  readonly database?: DatabaseConfig;
  readonly s3?: S3Endpoint;
  /** Proxies through which the programs reach their servers; the test itself goes straight to them. */
  readonly proxies?: Partial<Record<'database' | 'redis' | 'storage', { readonly port: number }>>;
}

/** A deployment of the server profile: the built API and worker as processes, on servers of their own. */
export class Deployment {
  readonly programs: Program[] = [];
  private readonly workers: Program[] = [];

  private constructor(
    readonly apiUrl: string,
    readonly workerUrl: string,
    readonly env: Record<string, string>,
    readonly database: DatabaseConfig,
    readonly store: ObjectStore,
    private readonly removeFolder: () => Promise<void>,
  ) {}

  static async prepare(options: DeploymentOptions): Promise<Deployment> {
    const [folder, removeFolder] = await temporaryFolder();
    const temporary = path.join(folder, 'tmp');
    await mkdir(temporary);
    const [apiPort, workerPort] = [await freePort(), await freePort()];
    const database = options.database ?? (await newDatabase(options.queue));
    const timing = { lockSeconds: options.lockSeconds ?? 30, retrySeconds: 1 };
    const queue: QueueConfig =
      options.queue === 'redis'
        ? { backend: 'redis', ...timing, redis: options.redis ?? (await claimRedis()) }
        : { backend: 'postgres', ...timing, database };
    if (queue.backend === 'postgres' && options.database) {
      await (await import('#queue')).migratePostgresQueue(options.database);
    }
    const filesystem = {
      root: path.join(folder, 'objects'),
      signingKey: '9f8e2c41d7b05a63e1c49d2f7a8b3650',
      publicUrl: `http://127.0.0.1:${apiPort}`,
    };
    const limits = { minFreeBytes: 0 };
    const storage: StorageConfig =
      options.storage === 's3'
        ? { backend: 's3', limits, s3: newBucket(options.s3) }
        : { backend: 'filesystem', limits, filesystem };
    const env = {
      ...environmentFor({ database, queue, storage }),
      API_PORT: String(apiPort),
      WORKER_PORT: String(workerPort),
      WORKER_COUNT: '1',
      TMPDIR: temporary,
      ...proxyEnvironment(options.proxies ?? {}),
      ...options.env,
    };
    const store =
      storage.backend === 's3'
        ? new (await import('#storage')).S3ObjectStore(storage.s3)
        : new FilesystemObjectStore(filesystem.root, new SignedLinks(filesystem.signingKey, ''));
    const at = (port: number): string => `http://127.0.0.1:${port}`;
    return new Deployment(at(apiPort), at(workerPort), env, database, store, removeFolder);
  }

  async startApi(): Promise<Program> {
    return this.start('dist/apps/api/src/main.js', `${this.apiUrl}/health/liveness`);
  }

  /** Starts the worker without waiting until its servers are there. */
  async startWorkerAlone(): Promise<Program> {
    return this.start('dist/apps/worker/src/main.js', `${this.workerUrl}/health/liveness`);
  }

  /** @param env settings of this worker alone; a second one needs a WORKER_PORT of its own */
  async startWorker(env: Record<string, string> = {}): Promise<Program> {
    const url = env.WORKER_PORT === undefined ? this.workerUrl : `http://127.0.0.1:${env.WORKER_PORT}`;
    const worker = await this.start('dist/apps/worker/src/main.js', `${url}/health/readiness`, env);
    this.workers.push(worker);
    return worker;
  }

  /** Starts a worker that listens on this address alone. */
  async startWorkerAt(host: string): Promise<Program> {
    const url = `http://${host}:${this.env.WORKER_PORT}/health/readiness`;
    return this.start('dist/apps/worker/src/main.js', url, { WORKER_HOST: host });
  }

  /** Stops those that {@link startWorker} has started; the API goes on. */
  async stopWorkers(): Promise<void> {
    await Promise.all(this.workers.splice(0).map((worker) => worker.stop()));
  }

  private async start(script: string, readyUrl: string, env: Record<string, string> = {}): Promise<Program> {
    const program = new Program(script, { ...this.env, ...env });
    this.programs.push(program);
    await program.ready(readyUrl);
    return program;
  }

  async query<Row extends pg.QueryResultRow>(text: string, values: unknown[] = []): Promise<Row[]> {
    const { host, port, name, user, password } = this.database;
    const client = new pg.Client({ host, port, database: name, user, password });
    client.on('error', () => undefined); // The caller that waits for an answer gets the error.
    await client.connect();
    try {
      return (await client.query<Row>(text, values)).rows;
    } finally {
      await client.end();
    }
  }

  /** As a Redis that lost its memory. */
  async emptyRedis(): Promise<void> {
    await claimRedis();
  }

  async storedKeys(): Promise<string[]> {
    const keys: string[] = [];
    for await (const { key } of this.store.list('')) keys.push(key);
    return keys.sort();
  }

  /** Files in the temporary folder of the running programs. */
  async temporaryFiles(): Promise<string[]> {
    const entries = await readdir(this.env.TMPDIR, { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
  }

  async close(): Promise<void> {
    await Promise.all(this.programs.map((program) => program.stop()));
    await this.store.close();
    await dropDatabase(this.database);
    await this.removeFolder();
  }
}

function newDatabase(queue: DeploymentOptions['queue']): Promise<DatabaseConfig> {
  return queue === 'postgres' ? createDatabaseWithQueue() : createMigratedDatabase();
}

/** A deployment whose API runs, and a client of it. Its servers forget a dead worker within seconds. */
export async function deployApi(options: Partial<DeploymentOptions> = {}): Promise<[Deployment, ApiClient]> {
  const deployment = await Deployment.prepare({ queue: 'redis', storage: 's3', lockSeconds: 2, ...options });
  await deployment.startApi();
  return [deployment, new ApiClient(deployment.apiUrl)];
}

function proxyEnvironment({ database, redis, storage }: NonNullable<DeploymentOptions['proxies']>) {
  return {
    ...(database ? { DB_HOST: '127.0.0.1', DB_PORT: String(database.port) } : {}),
    ...(redis ? { REDIS_HOST: '127.0.0.1', REDIS_PORT: String(redis.port) } : {}),
    ...(storage ? { MINIO_ENDPOINT: `127.0.0.1:${storage.port}` } : {}),
  };
}
