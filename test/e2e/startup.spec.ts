import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Deployment } from '../support/deployment.js';
import { freePort, Program, temporaryFolder } from '../support/processes.js';

jest.setTimeout(60_000);

describe('starting the server profile', () => {
  // The paths without src are those of earlier versions.
  it.each(['api/src', 'worker/src', 'api', 'worker'])(
    'the %s names everything that is wrong with its settings',
    async (app) => {
      const program = new Program(`dist/apps/${app}/main.js`, {
        API_PORT: 'eighty',
        LOG_LEVEL: 'LOUD',
        MINIO_ENDPOINT: 'a:1',
      });
      expect(await program.ended).toEqual({ code: 1, signal: null });
      for (const name of ['API_PORT', 'LOG_LEVEL', 'DB_PASSWORD', 'MINIO_ACCESS_KEY', 'MINIO_SECRET_KEY']) {
        expect(program.output).toContain(name);
      }
      expect(program.output).toContain('DB_PASSWORD is required');
      expect(program.output).not.toMatch(/^\s+at /m);
    },
  );

  it.each([
    ['api', 'API_PORT'],
    ['worker', 'WORKER_PORT'],
  ])('the %s logs which server it cannot reach, and goes on', async (app, portName) => {
    const [folder, removeFolder] = await temporaryFolder();
    const port = String(await freePort());
    const settings = { DB_HOST: 'localhost', DB_PORT: '1', DB_PASSWORD: 'x', REDIS_PORT: '1', WORKER_COUNT: '1' };
    const storage = {
      STORAGE_BACKEND: 'filesystem',
      STORAGE_ROOT: folder,
      STORAGE_SIGNING_KEY: '9f8e2c41d7b05a63e1c49d2f7a8b3650',
    };
    const program = new Program(`dist/apps/${app}/src/main.js`, { ...settings, ...storage, [portName]: port });
    await program.ready(`http://127.0.0.1:${port}/health/liveness`);
    expect(program.output).toMatch(/"level":"ERROR".*Database is unavailable: connect ECONNREFUSED .*:1"/);
    program.kill('SIGTERM');
    expect(await program.ended).toEqual({ code: 0, signal: null });
    await removeFolder();
  });

  it('reports that the port is taken', async () => {
    const deployment = await Deployment.prepare({ queue: 'postgres', storage: 'filesystem' });
    const holder = createServer();
    await new Promise<void>((resolve) => holder.listen(0, () => resolve()));
    const { port } = holder.address() as AddressInfo;
    try {
      const program = new Program('dist/apps/api/src/main.js', { ...deployment.env, API_PORT: String(port) });
      expect(await program.ended).toEqual({ code: 1, signal: null });
      expect(program.output).toContain(`Port ${port} is already in use`);
    } finally {
      holder.close();
      await deployment.close();
    }
  });
});
