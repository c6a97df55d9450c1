import pg from 'pg';
import { ApiClient } from '../support/client.js';
import { Deployment } from '../support/deployment.js';
import { FLOWER } from '../support/photos.js';
import { type Program, until } from '../support/processes.js';
import { startStopwatch } from '../support/stopwatch.js';
import { BOUNDARY, chunk, FIELDS, fileStart, RawConnection, uploadHead } from '../support/raw-connection.js';

jest.setTimeout(60_000);

describe.each(['1', '2'])(
  'guarantee: on SIGTERM requests in progress finish and endless ones are cut off',
  (processes) => {
    let deployment: Deployment;
    let api: Program;

    async function start(graceSeconds: number): Promise<void> {
      const env = { SHUTDOWN_GRACE_SECONDS: String(graceSeconds), WORKER_COUNT: processes };
      deployment = await Deployment.prepare({ queue: 'postgres', storage: 'filesystem', env });
      api = await deployment.startApi();
      const ready = (): number => api.output.split('API ready').length - 1;
      await until('every process is ready', () => ready() === Number(processes));
    }
    afterEach(() => deployment.close());

    async function beginUpload(): Promise<RawConnection> {
      const upload = await RawConnection.open(deployment.apiUrl);
      await upload.send(uploadHead());
      await upload.send(chunk(FIELDS + fileStart()));
      await upload.send(chunk(FLOWER()));
      await until('the upload is on disk', async () => (await deployment.temporaryFiles()).length > 0);
      return upload;
    }

    it(`an upload in progress is accepted, by ${processes} process(es), and its connection closed`, async () => {
      await start(20);
      const idle = await RawConnection.open(deployment.apiUrl);
      await idle.send('GET /health/liveness HTTP/1.1\r\nHost: localhost\r\n\r\n');
      await idle.answer();
      const upload = await beginUpload();
      api.kill('SIGTERM');
      if (processes === '1') {
        await until('it is not ready', async () => {
          const { status, body } = await new ApiClient(deployment.apiUrl).get('/health/readiness');
          return status === 503 && body.status === 'not_ready';
        });
        expect((await fetch(`${deployment.apiUrl}/health/liveness`)).headers.get('connection')).toBe('close');
      }
      await idle.closed;
      expect(upload.isClosed).toBe(false);
      expect(api.running).toBe(true);
      await upload.send(chunk(`\r\n--${BOUNDARY}--\r\n`));
      await upload.send('0\r\n\r\n');
      const { status, body, head } = await upload.answer();
      expect([status, body.status]).toEqual([201, 'queued']);
      expect(head).toMatch(/^Connection: close$/im);
      await upload.closed;
      expect(await api.ended).toEqual({ code: 0, signal: null });
      expect(await deployment.temporaryFiles()).toEqual([]);
      const [row] = await deployment.query('SELECT status FROM renders WHERE id = $1', [body.render_id]);
      expect(row.status).toBe('queued');
    });

    it(`an upload that never ends is cut after the grace period, by ${processes} process(es)`, async () => {
      await start(2);
      const upload = await beginUpload();
      const silent = await RawConnection.open(deployment.apiUrl);
      const dripping = setInterval(() => void upload.send(chunk('x')), 100);
      const stoppedAt = Date.now();
      const elapsed = startStopwatch();
      api.kill('SIGTERM');
      await upload.closed;
      clearInterval(dripping);
      expect(Date.now() - stoppedAt).toBeGreaterThan(1_900);
      expect(await api.ended).toEqual({ code: 0, signal: null });
      // The grace period and what giving everything back may take.
      expect(elapsed()).toBeLessThan(2_000 + 3_000 + 5_000);
      await silent.closed;
      expect(await deployment.temporaryFiles()).toEqual([]);
      expect(await deployment.query('SELECT id FROM renders')).toEqual([]);
    });

    it(`a query that hangs does not keep ${processes} process(es)`, async () => {
      await start(1);
      const { host, port, name, user, password } = deployment.database;
      const holder = new pg.Client({ host, port, database: name, user, password });
      await holder.connect();
      try {
        await holder.query('BEGIN; LOCK TABLE styles');
        const asking = fetch(`${deployment.apiUrl}/v1/styles`).then(({ status }) => status);
        await until('the query waits', async () => {
          const [{ waiting }] = await deployment.query<{ waiting: string }>(
            'SELECT count(*) AS waiting FROM pg_locks WHERE NOT granted',
          );
          return waiting !== '0';
        });
        api.kill('SIGTERM');
        expect(await api.ended).toEqual({ code: 0, signal: null });
        expect(await asking).toBe(503);
      } finally {
        await holder.end();
      }
    });
  },
);
