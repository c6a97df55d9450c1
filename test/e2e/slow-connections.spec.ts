import { ProxiedServers } from '../support/proxied-servers.js';
import { until } from '../support/processes.js';

jest.setTimeout(180_000);

/** More than a request waits for a connection. */
const SLOW_MS = 1_500;

describe('an API whose connections to PostgreSQL are slow to begin with, as on a starved host', () => {
  let servers: ProxiedServers;
  afterEach(() => servers.close());

  it('answers no request of a reload with 503', async () => {
    servers = await ProxiedServers.prepare({
      storage: 'filesystem',
      env: { WORKER_COUNT: '2', RELOAD_TIMEOUT_SECONDS: '60' },
    });
    const { deployment, database, client } = servers;
    const api = await deployment.startApi();
    await until('it is ready', async () => (await client.get('/health/readiness')).status === 200);
    database.slowConnecting(SLOW_MS);
    api.kill('SIGHUP');
    const answers: number[] = [];
    const ask = async (): Promise<void> => {
      const all = await Promise.all(Array.from({ length: 8 }, () => client.get('/v1/styles')));
      answers.push(...all.map(({ status }) => status));
    };
    await until(
      'the reload has ended',
      async () => {
        await ask();
        return /Reload (done|failed)/.test(api.output);
      },
      90_000,
    );
    expect(api.output).toContain('Reload done');
    for (let i = 0; i < 5; i++) await ask();
    expect(new Set(answers)).toEqual(new Set([200]));
  });
});
