// What the cases work on: a database with many queued renders, and the queue beside it.
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { dataSourceOptions, RenderOperations, RenderStatistics, RenderRepository } from '#persistence';
import { BullMqRenderQueue, migratePostgresQueue } from '#queue';
import { Redis } from 'ioredis';
import { DataSource } from 'typeorm';
import { OPERATOR_TIME_LIMITS } from '#config';
import { migrateUp } from '../../dist/migrations/migrate.js';

const SIGNING_KEY = randomBytes(32).toString('hex');

export class BenchDeployment {
  /** @param {'redis' | 'postgres'} backend */
  static async open(backend, servers) {
    const database = await servers.startPostgres();
    await migrateUp(database);
    await migratePostgresQueue(database);
    const redis = backend === 'redis' ? await servers.startRedis() : undefined;
    const dataSource = await new DataSource(dataSourceOptions(database)).initialize();
    return new BenchDeployment(backend, { database, redis, dataSource, folder: servers.folder });
  }

  constructor(backend, { database, redis, dataSource, folder }) {
    Object.assign(this, { backend, dataSource });
    this.redis = redis && new Redis({ host: redis.host, port: redis.port });
    const timing = { lockSeconds: 30, retrySeconds: 5 };
    const config = backend === 'redis' ? { backend, ...timing, redis } : { backend, ...timing, database };
    this.queue = BullMqRenderQueue.open(config, OPERATOR_TIME_LIMITS);
    this.store = new RenderRepository(dataSource);
    this.statistics = new RenderStatistics(dataSource);
    this.operations = new RenderOperations(dataSource);
    this.env = {
      ...{ DB_HOST: database.host, DB_PORT: `${database.port}`, DB_NAME: database.name, DB_USER: database.user },
      ...{ DB_PASSWORD: database.password, QUEUE_BACKEND: backend },
      ...(redis ? { REDIS_HOST: redis.host, REDIS_PORT: `${redis.port}` } : {}),
      ...{ STORAGE_BACKEND: 'filesystem', STORAGE_ROOT: path.join(folder, 'objects') },
      STORAGE_SIGNING_KEY: SIGNING_KEY,
    };
  }

  /** Adds queued rows, as accepted one after the other, until there are `rows`; without jobs. */
  async fill(rows) {
    await this.dataSource.query(
      `INSERT INTO assets (id, filename, minio_key, format, width_px, height_px, file_size_bytes)
       VALUES ('00000000-0000-4000-8000-000000000001', 'x', 'uploads/x', 'JPEG', 1, 1, 1) ON CONFLICT DO NOTHING`,
    );
    await this.dataSource.query(
      `INSERT INTO renders (id, asset_id, style_id, size_preset_id, request_id, queue_job_id, queue_rank, metadata, created_at, updated_at)
       SELECT new.id, '00000000-0000-4000-8000-000000000001', s.id, p.id, 'request-' || number, new.id || '-1', number,
              '{"warnings": [], "layout": {"fit": "cover", "focus": {"x": 0.5, "y": 0.5}}}', accepted, accepted
         FROM (SELECT gen_random_uuid() AS id, number, now() - make_interval(secs => 1000000 - number) AS accepted
                 FROM generate_series((SELECT count(*) FROM renders) + 1, $1::bigint) AS number) new,
              (SELECT id FROM styles ORDER BY slug LIMIT 1) s, (SELECT id FROM size_presets ORDER BY id LIMIT 1) p`,
      [rows],
    );
  }

  /** It stays paused: nothing is rendered here. */
  async emptyQueue() {
    if (this.redis) await this.redis.flushall();
    else await this.dataSource.query('TRUNCATE bullmq.job CASCADE');
    await this.queue.operations.pause();
  }

  /** Makes a queued render look like that of a worker that has just died. @returns its id */
  async loseWorker() {
    const [[{ id }]] = await this.dataSource.query(
      `UPDATE renders SET status = 'started', started_at = now(), attempt = attempt + 1, lease_token = gen_random_uuid(),
              lease_until = now(), lost_attempts = 0, updated_at = now()
        WHERE id = (SELECT id FROM renders WHERE status = 'queued' ORDER BY created_at LIMIT 1) RETURNING id`,
    );
    return id;
  }

  async statusOf(id) {
    const [{ status }] = await this.dataSource.query('SELECT status FROM renders WHERE id = $1', [id]);
    return status;
  }

  /** Seconds of a processor that Redis has used. */
  async redisCpuSeconds() {
    const info = await this.redis.info('cpu');
    return ['used_cpu_user', 'used_cpu_sys']
      .map((name) => Number(new RegExp(`^${name}:([\\d.]+)`, 'm').exec(info)[1]))
      .reduce((a, b) => a + b);
  }

  async close() {
    await this.queue.close();
    await this.redis?.quit();
    await this.dataSource.destroy();
  }
}
