import type { ApiClient } from '../support/client.js';
import { deployApi, type Deployment } from '../support/deployment.js';
import { itInLongRun, LONG_RUN } from '../support/long-run.js';
import { Scrape } from '../support/metrics.js';
import { CAT, FLOWER } from '../support/photos.js';
import { freePort, killChildrenOf, until } from '../support/processes.js';

jest.setTimeout(240_000);

/** A render that takes some seconds. */
const SLOW = { size: '9x12', style: 'oil-painting' } as const;
const WATCHFUL = { RECONCILE_SECONDS: '1' };

describe.each(LONG_RUN ? (['redis', 'postgres'] as const) : (['redis'] as const))(
  'a worker that is lost (queue on %s)',
  (queue) => {
    let deployment: Deployment;
    let client: ApiClient;
    beforeAll(async () => {
      [deployment, client] = await deployApi({ queue, env: { RENDER_THREADS: '1' } });
    });
    afterEach(() => deployment.stopWorkers());
    afterAll(() => deployment.close());

    const rowOf = async (id: string) =>
      (
        await deployment.query<{ attempt: number; result_token: string; lease_token: string; updated_at: Date }>(
          'SELECT attempt, result_token, lease_token, updated_at FROM renders WHERE id = $1',
          [id],
        )
      )[0];

    it("guarantee: a killed worker's render is finished by another", async () => {
      const worker = await deployment.startWorker();
      const { render_id: id } = (await client.createRender(FLOWER(), SLOW)).body;
      await client.started(id as string);
      worker.kill('SIGKILL');
      await worker.ended;
      expect((await client.get(`/v1/renders/${id}`)).body.status).toBe('started');

      await deployment.startWorker();
      expect(await client.ended(id as string)).toMatchObject({ status: 'completed', error_message: null });
      expect(await deployment.temporaryFiles()).toEqual([]);
    });

    it('guarantee: one result per render, even with a frozen worker (that wakes up after the end)', async () => {
      const frozen = await deployment.startWorker(WATCHFUL);
      const id = (await client.createRender(CAT(), SLOW)).body.render_id as string;
      await client.started(id);
      frozen.kill('SIGSTOP');
      await deployment.startWorker({ ...WATCHFUL, WORKER_PORT: String(await freePort()) });
      expect(await client.ended(id)).toMatchObject({ status: 'completed', error_message: null });
      const before = await rowOf(id);
      frozen.kill('SIGCONT');
      await until('the late one has given up', () => frozen.output.includes('it is not this attempt that counts'));
      expect(await rowOf(id)).toEqual(before);
      expect(before.attempt).toBe(2);
      await until('its files are gone', async () =>
        (await deployment.storedKeys()).every((key) => !key.includes('attempts')),
      );
    });

    itInLongRun(
      'guarantee: one result per render, even with a frozen worker (that wakes up while another renders)',
      async () => {
        const frozen = await deployment.startWorker(WATCHFUL);
        const id = (await client.createRender(CAT(), SLOW)).body.render_id as string;
        await client.started(id);
        frozen.kill('SIGSTOP');
        await deployment.startWorker({ ...WATCHFUL, WORKER_PORT: String(await freePort()) });
        const taken = await until('another has taken it', async () => {
          const row = await rowOf(id);
          return row.attempt === 2 && row;
        });
        frozen.kill('SIGCONT');
        await until('the late one has given up', () => frozen.output.includes('it is not this attempt that counts'));
        expect(await client.ended(id)).toMatchObject({ status: 'completed', error_message: null });
        expect(await rowOf(id)).toMatchObject({ attempt: 2, result_token: taken.lease_token });
      },
    );

    const onRedis = queue === 'redis' ? it : it.skip;
    onRedis('guarantee: an emptied queue is rebuilt from the database', async () => {
      const ids: string[] = [];
      for (let i = 0; i < 5; i++) ids.push((await client.createRender(FLOWER())).body.render_id as string);
      await deployment.emptyRedis();
      await deployment.startWorker(WATCHFUL);
      for (const id of ids) expect(await client.ended(id)).toMatchObject({ status: 'completed' });
    });

    it('guarantee: two worker crashes fail no render, and a photo that keeps crashing workers fails with a reason (workers)', async () => {
      const id = (await client.createRender(CAT(), SLOW)).body.render_id as string;
      for (let lost = 1; lost <= 2; lost++) {
        const worker = await deployment.startWorker(WATCHFUL);
        await until('the render is taken up', async () => (await rowOf(id)).attempt === lost);
        worker.kill('SIGKILL');
        await worker.ended;
      }
      await deployment.startWorker(WATCHFUL);
      expect(await client.ended(id)).toMatchObject({ status: 'completed', error_code: null });
    });

    it('guarantee: two worker crashes fail no render, and a photo that keeps crashing workers fails with a reason (photo)', async () => {
      const worker = await deployment.startWorker({ RENDER_MAX_LOST_ATTEMPTS: '3' });
      const id = (await client.createRender(CAT(), SLOW)).body.render_id as string;
      const killer = setInterval(() => void killChildrenOf(worker.pid), 500);
      const render = await client.ended(id).finally(() => clearInterval(killer));
      expect(render).toMatchObject({ status: 'failed', error_code: 'poison_photo' });
      expect(render.error_message).toContain('died again and again');
      await until('the alert on poison photos would see it', async () => {
        const scrape = await Scrape.of(deployment.workerUrl);
        return scrape.value('renders_reconciled_total', { action: 'failed' }) === 1;
      });
      const next = (await client.createRender(FLOWER())).body.render_id as string;
      expect(await client.ended(next)).toMatchObject({ status: 'completed' });
      expect((await deployment.storedKeys()).filter((key) => key.startsWith(`renders/${id}`))).toEqual([]);
    });
  },
);
