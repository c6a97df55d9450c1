import { Deployment } from '../support/deployment.js';
import { Scrape } from '../support/metrics.js';
import { freePort, type Program, until } from '../support/processes.js';
import { RawConnection } from '../support/raw-connection.js';

jest.setTimeout(90_000);

/** Each is for a proxy or an operating system perhaps the path that a rule hides; for us it is none. */
const DISGUISES = [
  '/METRICS',
  '/Metrics',
  '/metrics/',
  '//metrics',
  '/metrics//',
  '/metrics;x',
  '/metrics/.',
  '/./metrics',
  '/v1/../metrics',
  '/%6Detrics',
  '/metrics%2f',
  '/metrics%20',
  '/metrics%00',
  '/metrics%3Fx',
  '/metrics\\',
  '/metrics.json',
  'http://localhost/METRICS',
  'http://localhost/metrics/',
];
const OTHERS = [
  '/V1/styles',
  '/v1/styles/',
  '/v1/Styles',
  '/v1/openapi.json/',
  '/v1/OPENAPI.json',
  '/HEALTH',
  '/health/',
];

async function statusOf(url: string, target: string, method = 'GET'): Promise<number> {
  const connection = await RawConnection.open(url);
  await connection.send(`${method} ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
  await connection.closed;
  return Number(connection.received.split(' ')[1]);
}

describe('guarantee: routes match exact paths only', () => {
  let deployment: Deployment;
  beforeAll(async () => {
    deployment = await Deployment.prepare({ queue: 'postgres', storage: 'filesystem' });
    await Promise.all([deployment.startApi(), deployment.startWorker()]);
  });
  afterAll(() => deployment.close());

  it.each([...DISGUISES, ...OTHERS])('%s of the API is none', async (target) => {
    expect(await statusOf(deployment.apiUrl, target)).toBe(404);
    expect(await statusOf(deployment.apiUrl, target, 'HEAD')).toBe(404);
  });

  it.each([...DISGUISES, '/HEALTH', '/health/'])('%s of the worker is none', async (target) => {
    expect(await statusOf(deployment.workerUrl, target)).toBe(404);
  });

  it('but what is documented is', async () => {
    for (const path of [
      '/metrics',
      '/metrics?x',
      '/health',
      '/v1/styles',
      '/v1/openapi.json',
      'http://localhost/metrics',
    ]) {
      expect([path, await statusOf(deployment.apiUrl, path)]).toEqual([path, 200]);
    }
    expect(await statusOf(deployment.apiUrl, '/metrics#x')).toBe(400);
  });

  it('idle connections lock no client out of a worker', async () => {
    const open = await Promise.all(Array.from({ length: 200 }, () => RawConnection.open(deployment.workerUrl)));
    expect(await statusOf(deployment.workerUrl, '/health/liveness')).toBe(200);
    await until(
      'only as many are kept as it has room for',
      () => open.filter(({ isClosed }) => !isClosed).length <= 64,
    );
    for (const connection of open) connection.close();
  });
});

describe.each(['1', '2'])(
  'guarantee: with METRICS_PORT set, metrics are served there and nowhere else',
  (processes) => {
    let deployment: Deployment;
    let api: Program;
    let metricsUrl: string;
    beforeAll(async () => {
      const port = await freePort();
      metricsUrl = `http://127.0.0.1:${port}`;
      const env = {
        METRICS_PORT: String(port),
        METRICS_HOST: '127.0.0.1',
        WORKER_COUNT: processes,
        MAX_CONNECTIONS: '2',
      };
      deployment = await Deployment.prepare({ queue: 'postgres', storage: 'filesystem', env });
      api = await deployment.startApi();
      await until('every process listens', () => api.output.split('API ready').length > Number(processes));
    });
    afterAll(() => deployment.close());

    it(`by ${processes} process(es), health at both`, async () => {
      for (const target of ['/metrics', '/metrics?x', 'http://localhost/metrics', ...DISGUISES]) {
        expect([target, await statusOf(deployment.apiUrl, target)]).toEqual([target, 404]);
      }
      for (const target of ['/metrics', '/health', '/health/liveness', '/health/readiness']) {
        expect([target, await statusOf(metricsUrl, target)]).toEqual([target, 200]);
      }
      for (const target of ['/v1/styles', '/v1/openapi.json', '/METRICS', '/']) {
        expect([target, await statusOf(metricsUrl, target)]).toEqual([target, 404]);
      }
      const readStyles = async (): Promise<number> =>
        (await Scrape.of(metricsUrl)).value('http_requests_total', { endpoint: '/v1/styles', status: '200' }) ?? 0;
      const before = await readStyles();
      for (let i = 0; i < 6; i++) expect(await statusOf(deployment.apiUrl, '/v1/styles')).toBe(200);
      // The sum of all processes, whichever answers the scrape.
      await until('all are counted', async () => (await readStyles()) === before + 6);
    });

    it(`answers of ${processes} process(es) to no page whose name leads to loopback`, async () => {
      const connection = await RawConnection.open(metricsUrl);
      await connection.send('GET /metrics HTTP/1.1\r\nHost: evil.example.com\r\nConnection: close\r\n\r\n');
      expect((await connection.answer()).status).toBe(403);
    });

    if (processes === '2') {
      it('a reload replaces the processes at both ports', async () => {
        api.kill('SIGHUP');
        await until('it is done', () => api.output.includes('Reload done'));
        expect(await statusOf(metricsUrl, '/metrics')).toBe(200);
        expect(await statusOf(deployment.apiUrl, '/v1/styles')).toBe(200);
      });
    }

    it(`${processes} process(es) stop as ever`, async () => {
      api.kill('SIGTERM');
      expect(await api.ended).toEqual({ code: 0, signal: null });
    });
  },
);

it('WORKER_HOST is where a worker reports its health', async () => {
  const deployment = await Deployment.prepare({ queue: 'postgres', storage: 'filesystem' });
  try {
    const worker = deployment.workerUrl.replace('127.0.0.1', '127.0.0.9');
    const program = await deployment.startWorkerAt('127.0.0.9');
    expect(await statusOf(worker, '/health/liveness')).toBe(200);
    await expect(RawConnection.open(deployment.workerUrl)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await program.stop();
  } finally {
    await deployment.close();
  }
});
