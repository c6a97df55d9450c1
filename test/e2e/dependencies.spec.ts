import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import pg from 'pg';
import { migrateUp } from '../../migrations/migrate.js';
import { ApiClient } from '../support/client.js';
import { Deployment } from '../support/deployment.js';
import { ANSWER_MS, ProxiedServers, timed, type TimedAnswer } from '../support/proxied-servers.js';
import { OwnRedis } from '../support/own-servers.js';
import { FLOWER } from '../support/photos.js';
import { until } from '../support/processes.js';
import { createDatabase, dropDatabase } from '../support/servers.js';

jest.setTimeout(120_000);

const DISRUPTIONS = ['down', 'blackhole', 'reset'] as const;

describe('unreachable servers', () => {
  let servers: ProxiedServers;
  let own: OwnRedis | undefined;
  afterEach(async () => {
    await servers.close();
    await own?.close();
    own = undefined;
  });

  const get = (path: string): Promise<TimedAnswer> => timed(() => servers.client.get(path));
  const post = (): Promise<TimedAnswer> => timed(() => servers.client.createRender(FLOWER()));

  /** Refused in time, with the word to come again. */
  function refused({ status, headers, body, milliseconds }: TimedAnswer, error: string): void {
    expect(body).toMatchObject({ error, status: 503 });
    expect(status).toBe(503);
    expect(headers.get('retry-after')).toMatch(/^\d+$/);
    expect(milliseconds).toBeLessThan(ANSWER_MS);
  }

  function answered({ status, milliseconds }: TimedAnswer, expected: number): void {
    expect(status).toBe(expected);
    expect(milliseconds).toBeLessThan(ANSWER_MS);
  }

  const ready = (url: string) => until(`${url} is ready`, async () => (await fetch(`${url}/health/readiness`)).ok);

  it('guarantee: start-up order does not matter', async () => {
    servers = await ProxiedServers.prepare();
    const { deployment, database, redis, storage } = servers;
    await Promise.all(servers.proxies.map((proxy) => proxy.inject('down')));
    const api = await deployment.startApi();
    const worker = await deployment.startWorkerAlone();
    for (const url of [deployment.apiUrl, deployment.workerUrl]) {
      expect((await fetch(`${url}/health/liveness`)).status).toBe(200);
      const readiness = await fetch(`${url}/health/readiness`);
      expect(readiness.status).toBe(503);
      expect(await readiness.json()).toMatchObject({
        status: 'not_ready',
        checks: { database: { status: 'unhealthy', error: 'Database is unavailable' } },
      });
    }
    refused(await post(), 'Database is unavailable');
    await storage.heal();
    await redis.heal();
    await database.heal();
    await ready(deployment.apiUrl);
    await ready(deployment.workerUrl);
    const { body } = await post();
    expect(await servers.client.ended(body.render_id as string, 40_000)).toMatchObject({ status: 'completed' });
    for (const { output } of [api, worker]) {
      expect(output.match(/Database is unavailable: connect ECONNREFUSED/g)).toHaveLength(1);
      expect(output).toContain('Database is available again');
    }
  });

  it('reports an unknown database or a wrong password plainly, and once', async () => {
    servers = await ProxiedServers.prepare({ storage: 'filesystem', env: { DB_NAME: 'no_such' } });
    const api = await servers.deployment.startApi();
    await until('it is logged', () => api.output.includes('database \\"no_such\\" does not exist'));
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    expect(api.output.match(/"level":"ERROR".*does not exist/g)).toHaveLength(1);
    expect((await get('/health/readiness')).status).toBe(503);
  });

  it('waits for the migrations', async () => {
    servers = await ProxiedServers.prepare({ storage: 'filesystem' });
    const database = await createDatabase();
    const { deployment } = servers;
    const empty = await Deployment.prepare({ queue: 'redis', storage: 'filesystem', database });
    try {
      const api = await empty.startApi();
      const client = new ApiClient(empty.apiUrl);
      expect((await client.get('/health/readiness')).body).toMatchObject({
        checks: { database: { error: 'Database schema is not migrated' } },
      });
      expect((await client.get('/v1/styles')).status).toBe(503);
      expect(api.output).toMatch(/"level":"ERROR".*Database is unavailable: .*does not exist/);
      await migrateUp(database);
      await ready(empty.apiUrl);
      expect((await client.get('/v1/styles')).status).toBe(200);
      expect(deployment.programs).toEqual([]);
    } finally {
      await empty.close();
      await dropDatabase(database);
    }
  });

  it('guarantee: an unreachable, frozen or full Redis fails no submission', async () => {
    own = await OwnRedis.start();
    const redisItself = own;
    servers = await ProxiedServers.prepare({ storage: 'filesystem', redis: redisItself.config });
    const { deployment, redis } = servers;
    await deployment.startApi();
    const begin: Record<string, () => Promise<unknown>> = {
      down: () => redis.inject('down'),
      frozen: () => redis.inject('blackhole'),
      reset: () => redis.inject('reset'),
      full: () => redisItself.command('CONFIG', 'SET', 'maxmemory', '1'),
      replica: () => redisItself.command('REPLICAOF', '127.0.0.1', '1'),
    };
    const ids: string[] = [];
    for (const [name, disruption] of Object.entries(begin)) {
      await until('Redis is well', async () => (await get('/health')).body.checks.redis.status === 'healthy');
      await disruption();
      for (let i = 0; i < 2; i++) {
        const answer = await post();
        expect([name, answer.status]).toEqual([name, 201]);
        expect(answer.milliseconds).toBeLessThan(ANSWER_MS);
        ids.push(answer.body.render_id as string);
        answered(await get(`/v1/renders/${answer.body.render_id}`), 200);
      }
      const rows = await deployment.query('SELECT queue_job_id FROM renders WHERE id = $1', [ids.at(-1)]);
      expect([name, ...rows]).toEqual([name, { queue_job_id: null }]);
      await redis.heal();
      await redisItself.command('CONFIG', 'SET', 'maxmemory', '0');
      await redisItself.command('REPLICAOF', 'NO', 'ONE');
    }
    await deployment.startWorker();
    for (const id of ids) expect(await servers.client.ended(id)).toMatchObject({ status: 'completed' });
  });

  it('guarantee: a PostgreSQL outage answers 503 with Retry-After and leaves no photo behind', async () => {
    servers = await ProxiedServers.prepare();
    const { deployment, database, client } = servers;
    await deployment.startApi();
    const { render_id: id } = (await post()).body;
    const kept = await deployment.storedKeys();
    expect(kept).toHaveLength(1);

    for (const disruption of DISRUPTIONS) {
      // Held up between the photo and its row: writing waits, reading goes on.
      const { host, port, name, user, password } = deployment.database;
      const holder = new pg.Client({ host, port, database: name, user, password });
      await holder.connect();
      await holder.query('BEGIN; LOCK TABLE renders IN EXCLUSIVE MODE');
      const submission = timed(() => client.createRender(FLOWER()));
      await until('the photo is stored', async () => (await deployment.storedKeys()).length > kept.length);
      await database.inject(disruption);
      refused(await submission, 'Database is unavailable');
      await holder.end();
      refused(await post(), 'Database is unavailable');
      refused(await get(`/v1/renders/${id}`), 'Database is unavailable');
      refused(await get('/v1/styles'), 'Database is unavailable');
      await database.heal();
      await ready(deployment.apiUrl);
      answered(await get(`/v1/renders/${id}`), 200);
      await until('the photo is gone', async () => (await deployment.storedKeys()).length === kept.length);
    }
    expect(await deployment.storedKeys()).toEqual(kept);
    expect(await deployment.query('SELECT id FROM renders')).toEqual([{ id }]);
    expect(await deployment.temporaryFiles()).toEqual([]);
  });

  it('guarantee: a storage outage is retried, then reported, and reads keep working', async () => {
    servers = await ProxiedServers.prepare();
    const { deployment, storage, client } = servers;
    await deployment.startApi();
    const { render_id: id } = (await post()).body;
    const full = createServer((request, response) => {
      request.resume().on('end', () => response.writeHead(507).end('<Error><Code>XMinioStorageFull</Code></Error>'));
    });
    const busy = createServer((_request, response) =>
      response.writeHead(503).end('<Error><Code>SlowDown</Code></Error>'),
    );
    const stubs = await Promise.all(
      [full, busy].map(async (stub) => {
        await new Promise<void>((resolve) => stub.listen(0, '127.0.0.1', resolve));
        return { host: '127.0.0.1', port: (stub.address() as AddressInfo).port };
      }),
    );
    const begin = [
      ...DISRUPTIONS.map((disruption) => () => storage.inject(disruption)),
      ...stubs.map((stub) => async () => {
        storage.redirect(stub);
        storage.cut();
      }),
    ];
    for (const disruption of begin) {
      await disruption();
      refused(await post(), 'Object storage is unavailable');
      answered(await get(`/v1/renders/${id}`), 200);
      answered(await get('/v1/styles'), 200);
      answered(await get('/health/readiness'), 200);
      const health = await get('/health');
      expect(health.body.checks).toMatchObject({ storage: { status: 'unhealthy' }, database: { status: 'healthy' } });
      expect(health.milliseconds).toBeLessThan(ANSWER_MS);
      await storage.heal();
    }
    await storage.inject('down');
    const worker = await deployment.startWorker();
    await until('the job is tried again', () => worker.output.includes('Render job will be tried again'));
    storage.redirect(servers.storageAddress);
    await storage.heal();
    expect(await client.ended(id as string)).toMatchObject({ status: 'completed' });
    await storage.inject('blackhole');
    answered(await get(`/v1/renders/${id}/download`), 200);
    answered(await get(`/v1/renders/${id}/preview`), 200);
    for (const stub of [full, busy]) {
      stub.closeAllConnections();
      await new Promise((resolve) => stub.close(resolve));
    }
  });

  it('guarantee: readiness reports exactly the missing dependencies', async () => {
    own = await OwnRedis.start();
    const redisItself = own;
    servers = await ProxiedServers.prepare({ redis: redisItself.config });
    const { deployment, database, redis, storage } = servers;
    const api = await deployment.startApi();
    await deployment.startWorker();
    const workerReady = () => timed(() => new ApiClient(deployment.workerUrl).get('/health/readiness'));
    for (const disruption of DISRUPTIONS) {
      await database.inject(disruption);
      const notReady = await get('/health/readiness');
      answered(notReady, 503);
      expect(notReady.body).toMatchObject({ status: 'not_ready', checks: { database: { status: 'unhealthy' } } });
      answered(await workerReady(), 503);
      answered(await get('/health/liveness'), 200);
      answered(await get('/health'), 503);
      await database.heal();
      await ready(deployment.apiUrl);
      await ready(deployment.workerUrl);

      await redis.inject(disruption);
      answered(await get('/health/readiness'), 200);
      const health = await get('/health');
      answered(health, 503);
      expect(health.body.checks).toMatchObject({
        redis: { status: 'unhealthy' },
        queue: { status: 'unhealthy' },
        database: { status: 'healthy' },
        storage: { status: 'healthy' },
      });
      const worker = await workerReady();
      answered(worker, 503);
      expect(worker.body.checks).toMatchObject({ database: { status: 'healthy' }, queue: { status: 'unhealthy' } });
      await redis.heal();
      await ready(deployment.workerUrl);

      await storage.inject(disruption);
      answered(await get('/health/readiness'), 200);
      answered(await get('/health'), 503);
      answered(await workerReady(), 200);
      await storage.heal();
      await until('all is well', async () => (await get('/health')).status === 200);
    }
    await redisItself.command('CONFIG', 'SET', 'maxmemory', '100mb');
    await redisItself.command('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru');
    const evicting = await get('/health');
    expect(evicting.status).toBe(503);
    expect(evicting.body.checks.redis).toMatchObject({
      status: 'unhealthy',
      error: expect.stringContaining('its maxmemory-policy is allkeys-lru and must be noeviction'),
    });
    expect(api.output).toContain('its maxmemory-policy is allkeys-lru and must be noeviction');
  });
});
