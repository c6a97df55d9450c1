import { migratePostgresQueue } from '#queue';
import { migrateUp } from '../../migrations/migrate.js';
import { ProxiedServers } from '../support/proxied-servers.js';
import { OwnPostgres, OwnRedis } from '../support/own-servers.js';
import { FLOWER } from '../support/photos.js';
import { until } from '../support/processes.js';

jest.setTimeout(300_000);

describe('servers that are killed and started again under load', () => {
  let postgres: OwnPostgres;
  let redis: OwnRedis;
  let servers: ProxiedServers;

  beforeEach(async () => {
    [postgres, redis] = await Promise.all([OwnPostgres.start(), OwnRedis.start()]);
    await migrateUp(postgres.config);
    await migratePostgresQueue(postgres.config);
  });
  afterEach(async () => {
    await servers.close();
    await Promise.all([postgres.close(), redis.close()]);
  });

  const killPostgres = async (): Promise<void> => {
    await postgres.kill();
    await postgres.run();
    servers.database.redirect(postgres.config);
  };
  const killRedis = async (): Promise<void> => {
    await redis.kill();
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    await redis.run();
  };

  it.each([
    ['redis', [killRedis, killPostgres]],
    ['postgres', [killPostgres]],
  ] as const)(
    'guarantee: workers resume automatically after Redis or PostgreSQL restarts (queue on %s)',
    async (queue, kills) => {
      servers = await ProxiedServers.prepare({
        queue,
        storage: 'filesystem',
        database: postgres.config,
        redis: redis.config,
      });
      const { deployment, client } = servers;
      const api = await deployment.startApi();
      const worker = await deployment.startWorker();
      const ids: string[] = [];
      const submit = () =>
        until('a render is taken', async () => {
          const { status, body } = await client.createRender(FLOWER());
          return status === 201 && ids.push(body.render_id as string);
        });
      for (const kill of kills) {
        await submit();
        await submit();
        await until('a render has started', () => worker.output.includes('Render job started'));
        await kill();
        await submit();
        for (const id of ids) expect(await client.ended(id)).toMatchObject({ status: 'completed' });
      }
      await until('all is well', async () => (await client.get('/health')).status === 200);
      expect([api.running, worker.running]).toEqual([true, true]);
      expect(deployment.programs).toHaveLength(2);
    },
  );
});
