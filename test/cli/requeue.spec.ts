import { readFile } from 'node:fs/promises';
import path from 'node:path';
import * as reapStuck from '../../apps/cli/src/operator/commands/reap-stuck.js';
import type { ApiClient } from '../support/client.js';
import { deployApi, type Deployment } from '../support/deployment.js';
import { commandAnswer, runTool, type ToolRun, writeEnvFile } from '../support/operator-tool.js';
import { CAT } from '../support/photos.js';
import { temporaryFolder } from '../support/processes.js';

jest.setTimeout(120_000);

/** One deployment for all; its reconciler never comes, so that whatever is put right is the operator's doing. */
describe('an operator of renders', () => {
  let deployment: Deployment;
  let client: ApiClient;
  let folder: string;
  let removeFolder: () => Promise<void>;

  beforeAll(async () => {
    [folder, removeFolder] = await temporaryFolder();
    [deployment, client] = await deployApi({ storage: 'filesystem', env: { RECONCILE_SECONDS: '3600' } });
    await writeEnvFile(path.join(folder, 'deployment.env'), deployment.env);
    await deployment.startWorker();
  });
  afterAll(async () => {
    await deployment.close();
    await removeFolder();
  });

  const pop = (line: string): Promise<ToolRun> => runTool(deployment.env, ...line.split(' '));
  const asked = (line: string) => {
    const [name, ...args] = line.split(' ');
    return commandAnswer(path.join(folder, 'deployment.env'), name, ...args);
  };
  const create = async (): Promise<string> => (await client.createRender(CAT())).body.render_id as string;
  const rowOf = async (id: string) => (await deployment.query('SELECT * FROM renders WHERE id = $1', [id]))[0];

  async function keyOfPhoto(id: string): Promise<string> {
    const { asset_id } = await rowOf(id);
    return (await deployment.storedKeys()).find((key) => key.startsWith(`uploads/${asset_id}/`))!;
  }

  /** A render that failed because its photo was not in the store. */
  async function failing(): Promise<{ id: string; putRight: () => Promise<unknown> }> {
    await asked('queue pause --yes');
    const id = await create();
    const key = await keyOfPhoto(id);
    const copy = path.join(folder, id);
    await deployment.store.fetchToFile(key, copy);
    await deployment.store.remove(key);
    await asked('queue resume --yes');
    expect(await client.ended(id)).toMatchObject({ status: 'failed', error_code: 'object_missing' });
    return { id, putRight: () => deployment.store.putFile(key, copy, 'image/jpeg') };
  }

  it('finds failed renders, has them tried again once the cause is put right, and touches no other', async () => {
    const done = await create();
    const { id, putRight } = await failing();
    await client.ended(done);
    const [groups, dry, shown] = await Promise.all([
      asked('renders list --status failed --since 24h --group-by error'),
      asked('requeue --failed'),
      asked(`renders show ${id}`),
    ]);
    expect(groups.groups).toEqual([{ name: expect.stringMatching(/^object_missing: /), count: 1 }]);
    expect(dry).toMatchObject({ wouldRequeue: 1, renders: [{ id, errorCode: 'object_missing' }] });
    expect(shown).toMatchObject({ render: { id, status: 'failed' }, job: { state: 'failed', tries: 1 }, objects: [] });
    expect(await rowOf(id)).toMatchObject({ status: 'failed', queue_generation: 1 });

    const none = await asked('requeue --failed --error-pattern nothing_like_that --yes');
    expect(none.requeued).toEqual([]);
    await putRight();
    const refused = await asked(`requeue --id ${done}`);
    expect(refused).toMatchObject({ wouldRequeue: 0, refused: [{ id: done, status: 'completed' }] });
    await expect(asked(`requeue --id ${done} --yes`)).rejects.toThrow('1 render cannot be requeued');
    const { code, out } = await pop('requeue --failed --since 1h --error-pattern object_.*ing --yes');
    expect({ code, out }).toEqual({ code: 0, out: 'Requeued 1 render.\n' });
    expect(await client.ended(id)).toMatchObject({ status: 'completed', error_code: null, error_message: null });
    expect(await rowOf(id)).toMatchObject({
      queue_generation: 2,
      queue_job_id: `${id}-2`,
      metadata: { requeues: 1, last_failure: { error_code: 'object_missing' } },
    });
    // The earlier failed job is history: it must not look like a current failure.
    expect((await asked('queue status')).failed).toBe(0);
  });

  it('brings every waiting render back after Redis has lost its data, each to be rendered once', async () => {
    expect(await asked('queue pause')).toMatchObject({ paused: false, changed: false });
    expect((await asked('queue status')).paused).toBe(false);
    await asked('queue pause --yes');
    expect(await asked('queue resume')).toMatchObject({ paused: true, changed: false });
    const ids = [await create(), await create()];
    expect(await asked('queue status')).toMatchObject({ paused: true, waiting: 2, byStatus: { queued: 2 } });
    expect((await client.get('/health')).body.status).not.toBe('unhealthy');
    await deployment.emptyRedis();
    await asked('queue pause --yes'); // The pause was lost too.
    expect(await asked('queue status')).toMatchObject({ waiting: 0, byStatus: { queued: 2 } });
    expect(await asked('requeue --all-pending')).toEqual({ wouldLookAfter: 2, jobsInQueue: 0 });
    expect(await asked('requeue --all-pending --yes')).toEqual({ seen: 2, restored: 2 });
    expect(await asked('requeue --all-pending --yes')).toEqual({ seen: 2, restored: 0 });
    await asked('queue resume --yes');
    for (const id of ids) {
      expect(await client.ended(id)).toMatchObject({ status: 'completed' });
      expect(await rowOf(id)).toMatchObject({ attempt: 1, queue_generation: 2, queue_job_id: `${id}-2` });
    }
    expect(await asked('queue status')).toMatchObject({
      ...{ paused: false, waiting: 0, workers: [expect.any(String)], etaSeconds: 0 },
      completedLastHour: expect.any(Number),
    });
  });

  it('keeps failed jobs in a file before they are cleared from the queue', async () => {
    const { id } = await failing();
    await deployment.query("UPDATE renders SET completed_at = now() - interval '8 days' WHERE id = $1", [id]);
    const file = path.join(folder, 'failed.jsonl');
    await expect(asked('queue clear-failed --yes')).rejects.toMatchObject({ exitCode: 2 });
    expect(await asked(`queue clear-failed --archive-to ${file}`)).toMatchObject({ wouldRemove: 1 });
    await expect(readFile(file)).rejects.toThrow('ENOENT');
    expect((await asked(`queue clear-failed --archive-to ${file} --older-than 1h --yes`)).removed).toBe(0);

    const archive = path.join(folder, 'archive.jsonl');
    expect(await asked(`queue clear-failed --archive-to ${archive} --yes`)).toEqual({
      ...{ removed: 1, archiveFile: archive, rowsArchived: 0 },
    });
    const lines = (await readFile(archive, 'utf8')).trim().split('\n');
    expect(lines.map((line) => JSON.parse(line) as object)).toEqual([
      expect.objectContaining({ id: `${id}-1`, job: expect.objectContaining({ renderId: id }), state: 'failed' }),
    ]);
    expect(JSON.parse(lines[0])).toMatchObject({ error: 'A stored object is missing', tries: 1 });
    expect((await rowOf(id)).metadata).toMatchObject({ archived: true });
    await expect(asked(`queue clear-failed --archive-to ${archive} --yes`)).rejects.toMatchObject({
      ...{ exitCode: 5, message: expect.stringContaining('is there already') },
    });
    expect((await asked('queue status')).failed).toBe(0);
  });

  it('reclaims renders from workers that hang, with the documented error', async () => {
    await asked('queue pause --yes');
    const id = await create();
    await deployment.query(
      `UPDATE renders SET status = 'started', lease_token = gen_random_uuid(), lease_until = now() + interval '1 day',
              started_at = now() - interval '2 hours' WHERE id = $1`,
      [id],
    );
    const dry = await asked('reap-stuck');
    expect(dry).toMatchObject({ wouldReap: [{ id, progress: 0 }], queuedWithoutJob: 0 });
    expect(dry.wouldReap[0].ageSeconds).toBeGreaterThan(7000);
    expect((await asked('reap-stuck --older-than 3h --yes')).failed).toEqual([]);
    const stopped = { signal: AbortSignal.abort(), print: () => undefined };
    const args = ['--yes', '--env-file', path.join(folder, 'deployment.env')];
    await expect(reapStuck.run(args, stopped)).rejects.toMatchObject({ name: 'AbortError' });
    expect((await rowOf(id)).status).toBe('started');
    expect((await asked('reap-stuck --yes')).failed).toEqual([id]);
    expect((await client.get(`/v1/renders/${id}`)).body).toMatchObject({
      ...{ status: 'failed', error_code: 'render_timeout', error_message: 'Job timeout - stuck for >1 hour' },
    });
    await asked('queue resume --yes');
  });

  it('names the unreachable server; a requeue without a queue leaves the render to the workers', async () => {
    const { id } = await failing();
    const file = path.join(folder, 'unreachable.env');
    await writeEnvFile(file, { REDIS_HOST: '127.0.0.1', REDIS_PORT: '1' });
    const [status, pending, requeue] = await Promise.all([
      pop(`queue status --env-file ${file}`),
      pop(`requeue --all-pending --yes --env-file ${file}`),
      pop(`requeue --id ${id} --yes --env-file ${file}`),
    ]);
    for (const run of [status, pending]) {
      expect(run).toMatchObject({ code: 6, out: '', error: expect.stringContaining('REDIS_HOST') });
    }
    expect(requeue).toMatchObject({
      code: 0,
      out: expect.stringMatching(/Requeued 1 render.*workers when it is back/s),
    });
    expect(await rowOf(id)).toMatchObject({ status: 'queued', queue_job_id: null, queue_generation: 2 });
  });

  it("fetches a render's photo as it was uploaded", async () => {
    const id = await create();
    const file = path.join(folder, 'photo.jpg');
    const answer = await asked(`renders fetch-photo ${id} -o ${file}`);
    expect(answer).toMatchObject({ filename: 'photo.jpg', style: 'pop-poster', sizePreset: '9x12' });
    expect((await readFile(file)).equals(CAT())).toBe(true);

    const again = `renders fetch-photo ${id} -o ${file}`;
    expect(await pop(again)).toMatchObject({ code: 5, error: expect.stringContaining('--force replaces it') });
    expect(await pop(`${again} --force`)).toMatchObject({ code: 0 });
  });
});
