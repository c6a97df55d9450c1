import { readFile } from 'node:fs/promises';
import { ApiClient } from '../support/client.js';
import { Deployment } from '../support/deployment.js';
import { FLOWER } from '../support/photos.js';
import { childrenOf, descendantsOf, type Program, until } from '../support/processes.js';

jest.setTimeout(120_000);

const SECRETS = /(PASSWORD|SIGNING_KEY|SECRET_KEY|HEADERS|DSN)=[^\0]/;

describe('secrets of the services', () => {
  let deployment: Deployment;
  let client: ApiClient;
  let api: Program;
  let worker: Program;

  beforeAll(async () => {
    deployment = await Deployment.prepare({
      queue: 'postgres',
      storage: 'filesystem',
      env: { WORKER_COUNT: '2', OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer-of-the-collector' },
    });
    client = new ApiClient(deployment.apiUrl);
    api = await deployment.startApi();
    worker = await deployment.startWorker();
  });
  afterAll(() => deployment.close());

  async function exposedBy(program: Program): Promise<string[]> {
    const processes = [program.pid, ...(await descendantsOf(program.pid))];
    const environments = await Promise.all(
      processes.map((pid) => readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '')),
    );
    return environments.filter((environment) => SECRETS.test(environment));
  }

  it('guarantee: no process exposes the secrets it was started with (api)', async () => {
    expect((await client.createRender(FLOWER())).status).toBe(201);
    expect(await childrenOf(api.pid)).toHaveLength(2);
    expect(await exposedBy(api)).toEqual([]);
    // Those that take their place get them too, and show as little.
    api.kill('SIGHUP');
    await until('they were replaced', () => api.output.includes('Reload done'));
    expect((await client.createRender(FLOWER())).status).toBe(201);
    expect(await exposedBy(api)).toEqual([]);
  });

  it('guarantee: no process exposes the secrets it was started with (worker)', async () => {
    const { body } = await client.createRender(FLOWER());
    await client.ended(body.render_id as string);
    expect(await exposedBy(worker)).toEqual([]);
  });

  it('opens no port for a debugger when another process of its user asks for it', async () => {
    for (const pid of [api.pid, ...(await childrenOf(api.pid)), worker.pid]) process.kill(pid, 'SIGUSR1');
    expect((await client.createRender(FLOWER())).status).toBe(201);
    expect((await fetch(`${deployment.workerUrl}/health/liveness`)).status).toBe(200);
    expect(`${api.output}${worker.output}`).not.toContain('Debugger listening');
  });
});
