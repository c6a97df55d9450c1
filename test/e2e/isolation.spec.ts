import { readFile } from 'node:fs/promises';
import { residentBytes } from '#sandbox';
import sharp from 'sharp';
import { ApiClient } from '../support/client.js';
import { deployApi, Deployment } from '../support/deployment.js';
import { itInLongRun } from '../support/long-run.js';
import { CAT, flatPng, FLOWER } from '../support/photos.js';
import { descendantsOf, type Program, until } from '../support/processes.js';

jest.setTimeout(240_000);

const MIB = 1024 * 1024;
const MAPS = (pid: number): Promise<string> => readFile(`/proc/${pid}/maps`, 'utf8');

/** A photo that takes seconds and more than 600 MiB to decode. */
let heavyPhoto: Buffer;
beforeAll(async () => {
  const large = sharp(FLOWER()).resize(10_000, 10_000, { fit: 'fill' });
  heavyPhoto = await large.jpeg({ progressive: true, chromaSubsampling: '4:4:4' }).toBuffer();
});

/** Look-ups that a program has measured, and how many of them took 100 ms and a second at most. */
async function lookUps(url: string) {
  const histogram = (await (await fetch(`${url}/metrics`)).text())
    .split('\n')
    .filter((line) => line.startsWith('threadpool_lag_seconds'))
    .join('\n');
  const value = (name: string): number => Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(histogram)?.[1] ?? 0);
  const within = (seconds: string): number => value(`threadpool_lag_seconds_bucket\\{le="${seconds}"\\}`);
  const all = value('threadpool_lag_seconds_count');
  return { all, inTime: within('0.1'), inASecond: within('1'), histogram: `${url}\n${histogram}` };
}

describe('decoding and rendering apart', () => {
  let deployment: Deployment;
  let api: Program;
  let client: ApiClient;
  beforeAll(async () => {
    deployment = await Deployment.prepare({ queue: 'postgres', storage: 'filesystem' });
    client = new ApiClient(deployment.apiUrl);
    api = await deployment.startApi();
  });
  afterEach(() => deployment.stopWorkers());
  afterAll(() => deployment.close());

  /** Sends a photo and, as soon as it is being decoded, does something to the process that decodes it. */
  async function decodedUnder(signal: NodeJS.Signals) {
    const answer = client.createRender(heavyPhoto);
    const decoder = await until('the photo is being decoded', async () =>
      (await descendantsOf(api.pid)).find((child) => residentBytes(child)! > 200 * MIB),
    );
    process.kill(decoder, signal);
    return answer;
  }

  it('guarantee: a photo that crashes or hangs the decoder fails one request, not the API', async () => {
    const crashed = await decodedUnder('SIGSEGV');
    expect(crashed).toMatchObject({ status: 400, body: { error: 'Image is corrupt or truncated' } });
    expect(api.output).toContain('Process ended with SIGSEGV');

    const hanging = decodedUnder('SIGSTOP');
    // Meanwhile others are served.
    expect((await client.createRender(FLOWER())).status).toBe(201);
    expect(await hanging).toMatchObject({
      status: 400,
      body: { error: 'Image takes too much memory or time to decode' },
    });

    expect((await client.createRender(FLOWER())).status).toBe(201);
    expect(api.running).toBe(true);
    await until('the uploads are gone from disk', async () => (await deployment.temporaryFiles()).length === 0);
    const metrics = await (await fetch(`${deployment.apiUrl}/metrics`)).text();
    expect(metrics).toContain('child_process_deaths_total{pool="inspection",reason="crashed"} 1');
    expect(metrics).toContain('child_process_deaths_total{pool="inspection",reason="time"} 1');
    expect(metrics).toMatch(/child_processes_resident_memory_bytes\{pool="inspection"\} \d{8,}/);
  });

  it('guarantee: a render over its memory limit is killed with a reason', async () => {
    const worker = await deployment.startWorker({ RENDER_MEMORY_MB: '400' });
    const big = (await client.createRender(heavyPhoto, { size: '30x40' })).body.render_id as string;
    const next = (await client.createRender(FLOWER())).body.render_id as string;
    expect(await client.ended(big)).toMatchObject({
      status: 'failed',
      error_message: 'Render needed more than 400 MB of memory',
    });
    expect(await client.ended(next)).toMatchObject({ status: 'completed' });
    expect(worker.running).toBe(true);
    const started = worker.output.split('\n').filter((line) => line.includes('"Render job started"'));
    expect(started.filter((line) => line.includes(big))).toHaveLength(1);
    expect(await deployment.temporaryFiles()).toEqual([]);
  });

  it('decodes nothing in API and worker themselves, but in the processes they have started', async () => {
    const worker = await deployment.startWorker();
    await client.ended((await client.createRender(FLOWER())).body.render_id as string);
    expect(await MAPS(api.pid)).not.toContain('libvips');
    expect(await MAPS(worker.pid)).not.toContain('libvips');
    const maps = await Promise.all((await descendantsOf(api.pid)).map(MAPS));
    expect(maps.join()).toContain('libvips');
  });

  // Half a minute with every processor busy.
  itInLongRun('guarantee: name look-ups answer within 100 ms under full load', async () => {
    await deployment.startWorker({ RENDER_CONCURRENCY: '2' });
    const photo = await flatPng(8_000, 8_000);
    const LONG = { size: '18x24', style: 'oil-painting' } as const;
    const renders = await Promise.all([CAT(), FLOWER()].map((file) => client.createRender(file, LONG)));
    const ids = renders.map(({ body }) => body.render_id as string);
    let under = true;
    const uploads = Array.from({ length: 6 }, async () => {
      while (under) expect([201, 503]).toContain((await client.createRender(photo)).status);
    });
    await Promise.all(ids.map((id) => client.ended(id, 200_000)));
    const measured = await Promise.all([deployment.apiUrl, deployment.workerUrl].map(lookUps));
    under = false;
    await Promise.all(uploads);
    for (const { all, inTime, inASecond, histogram } of measured) {
      expect(all).toBeGreaterThan(5);
      // Other programs on the machine may cost one of them its turn; a pool that is full costs all of them seconds.
      expect({ inTime: inTime >= 0.8 * all, inASecond, histogram }).toEqual({
        inTime: true,
        inASecond: all,
        histogram,
      });
    }
  });
});

it('guarantee: a photo that crashes or hangs the decoder fails one request, not the API (one that eats memory)', async () => {
  const [deployment, client] = await deployApi({ storage: 'filesystem', env: { INSPECT_MEMORY_MB: '256' } });
  const [api] = deployment.programs;
  expect(await client.createRender(heavyPhoto)).toMatchObject({
    status: 400,
    body: { error: 'Image takes too much memory or time to decode' },
  });
  expect((await client.createRender(FLOWER())).status).toBe(201);
  expect(api.running).toBe(true);
  await deployment.close();
});
