import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import sharp from 'sharp';
import { ApiClient, type RenderChoice } from '../support/client.js';
import { Deployment, type DeploymentOptions } from '../support/deployment.js';
import { LONG_RUN } from '../support/long-run.js';
import { CANYON, CAT, FLOWER } from '../support/photos.js';
import { readWithPillow, readWithTiffinfo } from '../support/print-file.js';
import { temporaryFolder } from '../support/processes.js';

const everyBackend: DeploymentOptions[] = [
  { queue: 'redis', storage: 's3' },
  { queue: 'postgres', storage: 'filesystem' },
  { queue: 'redis', storage: 'filesystem' },
  { queue: 'postgres', storage: 's3' },
];
const backends = LONG_RUN ? everyBackend : everyBackend.slice(0, 2);
const renders: [RenderChoice['style'], () => Buffer][] = [
  ['pop-poster', CAT],
  ['pencil-sketch', FLOWER],
  ['between-the-lines', CANYON],
  ['watercolor', FLOWER],
  ['oil-painting', CAT],
];

jest.setTimeout(180_000);

describe.each(backends)('a photo becomes a print on $queue and $storage', (options) => {
  let deployment: Deployment;
  let client: ApiClient;
  let folder: string;
  let removeFolder: () => Promise<void>;

  beforeAll(async () => {
    [folder, removeFolder] = await temporaryFolder();
    deployment = await Deployment.prepare(options);
    await Promise.all([deployment.startApi(), deployment.startWorker()]);
    client = new ApiClient(deployment.apiUrl);
  });
  afterAll(async () => {
    await deployment.close();
    await removeFolder();
  });

  // How a style looks has nothing to do with where its files are kept.
  const isUsual = options.queue === 'redis' && options.storage === 's3';
  it.each(isUsual ? renders : renders.slice(0, 1))('in the style %s', async (style, photo) => {
    const created = await client.createRender(photo(), { style });
    expect(created.status).toBe(201);
    expect(created.body).toMatchObject({ status: 'queued' });
    expect(created.headers.get('location')).toBe(`/v1/renders/${created.body.render_id}`);

    const id = created.body.render_id as string;
    const render = await client.ended(id);
    expect(render).toMatchObject({
      id,
      status: 'completed',
      style: { slug: style },
      size_preset: { name: '9x12', width_px: 2700, height_px: 3600 },
      error_message: null,
      progress: 100,
      file: {
        format: 'tiff',
        width_px: 2700,
        height_px: 3600,
        dpi: 300,
        compression: 'lzw',
        color_space: 'srgb',
        size_bytes: expect.any(Number),
      },
    });
    for (const time of ['created_at', 'started_at', 'completed_at']) {
      expect(render[time]).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    }
    expect(render.duration_ms).toBeGreaterThan(0);

    const tiff = path.join(folder, `${id}.tiff`);
    await writeFile(tiff, await client.download(id, 'download'));
    expect(await readWithPillow(tiff)).toMatchObject({
      size: [2700, 3600],
      mode: 'RGB',
      frames: 1,
      bits: [8, 8, 8],
      compression: 5,
      predictor: 2,
      unit: 2,
      dpi: [300, 300],
      profile: expect.stringMatching(/srgb/i),
    });
    const info = await readWithTiffinfo(tiff);
    expect(info).toContain('Image Width: 2700 Image Length: 3600');
    expect(info).toContain('Resolution: 300, 300 pixels/inch');
    expect(info).toContain('Compression Scheme: LZW');
    expect(info).toContain('Predictor: horizontal differencing 2 (0x2)');

    const preview = await client.download(id, 'preview');
    expect(await sharp(preview).metadata()).toMatchObject({ format: 'jpeg', width: 900, height: 1200 });
  });

  it('leaves the documented objects and no temporary file', async () => {
    const rows = await deployment.query<{
      id: string;
      minio_key: string;
      queue_job_id: string;
      pipeline_version: string;
    }>(
      'SELECT r.id, a.minio_key, r.queue_job_id, r.pipeline_version FROM renders r JOIN assets a ON a.id = r.asset_id',
    );
    const keys = rows.flatMap(({ id, minio_key }) => [
      minio_key,
      `renders/${id}/output.tiff`,
      `renders/${id}/preview.jpg`,
    ]);
    expect(await deployment.storedKeys()).toEqual(keys.sort());
    for (const { id, queue_job_id, pipeline_version } of rows) {
      expect(queue_job_id).toBe(`${id}-1`);
      expect(pipeline_version).toBeTruthy();
    }
    expect(await deployment.temporaryFiles()).toEqual([]);
  });
});
