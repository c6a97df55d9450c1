import { statfsSync } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import { maxPrintBytes, printSizeInPixels } from '#core';
import type { ApiClient } from '../support/client.js';
import { type Deployment, deployApi } from '../support/deployment.js';
import { Scrape } from '../support/metrics.js';
import { motionPhoto } from '../support/motion-photo.js';
import { FLOWER } from '../support/photos.js';
import { until } from '../support/processes.js';

jest.setTimeout(120_000);

const MIB = 2 ** 20;
const REFUSED = { status: 503, body: { error: 'Storage is full', status: 503 } };
/** Of the size that the client asks for by default. */
const PRINT = maxPrintBytes(printSizeInPixels(9, 12, 300));

describe.each(['s3', 'filesystem'] as const)('a deployment whose storage is %s', (storage) => {
  let deployment: Deployment;
  let client: ApiClient;
  /** Enough for two prints and what a third takes while it is made. */
  const quotaMb = Math.ceil((2 * (PRINT + FLOWER().length) + 2 * PRINT) / MIB) + 1;
  beforeAll(async () => {
    [deployment, client] = await deployApi({
      storage,
      env: { STORAGE_QUOTA_MB: String(quotaMb), STORAGE_MIN_FREE_MB: '1' },
    });
  });
  afterAll(() => deployment.close());

  it('guarantee: no submission is accepted that the storage cannot hold', async () => {
    const first = await Promise.all([1, 2, 3, 4, 5].map(() => client.createRender(FLOWER())));
    expect(first.map(({ status }) => status).sort()).toEqual([201, 201, 503, 503, 503]);
    const refused = await client.createRender(FLOWER());
    expect(refused).toMatchObject(REFUSED);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await deployment.storedKeys()).toHaveLength(2);
    expect(await deployment.query('SELECT id FROM renders')).toHaveLength(2);
    expect(await deployment.temporaryFiles()).toEqual([]);
    const metrics = await Scrape.of(deployment.apiUrl);
    expect(metrics.value('upload_rejections_total', { reason: 'storage_full' })).toBe(4);
    expect(metrics.value('storage_quota_bytes')).toBe(quotaMb * MIB);
    expect(metrics.value('storage_reserved_bytes')).toBe(2 * PRINT);
    expect(metrics.value('storage_room_bytes')).toBeLessThan(3 * PRINT);
    expect(metrics.value('storage_free_bytes') === undefined).toBe(storage === 's3');
    // Reading goes on.
    const { render_id: id } = first.find(({ status }) => status === 201)!.body as { render_id: string };
    expect((await client.get(`/v1/renders/${id}`)).body.status).toBe('queued');
  });

  it('takes submissions again when the accepted renders took less than they might', async () => {
    await deployment.startWorker();
    const rows = await deployment.query<{ id: string }>('SELECT id FROM renders');
    for (const { id } of rows) expect(await client.ended(id)).toMatchObject({ status: 'completed' });
    // A reading of the database is used for two seconds.
    await until('there is room', async () => (await client.createRender(FLOWER())).status === 201);
  });
});

describe('what is stored of a photo', () => {
  let deployment: Deployment;
  let client: ApiClient;
  beforeAll(async () => {
    [deployment, client] = await deployApi({ storage: 'filesystem', queue: 'postgres' });
  });
  afterAll(() => deployment.close());

  it('guarantee: data after the picture in a photo is not stored', async () => {
    const { file, picture } = motionPhoto(3 * MIB);
    const created = await client.createRender(file);
    expect(created.status).toBe(201);
    const small = await client.createRender(Buffer.concat([FLOWER(), Buffer.from('PK\x03\x04 an archive')]));
    expect(small.status).toBe(201);
    const rows = await deployment.query<{ minio_key: string; file_size_bytes: string }>(
      'SELECT minio_key, file_size_bytes FROM assets ORDER BY created_at',
    );
    const stored = await Promise.all(rows.map(async (row) => buffer(await deployment.store.read(row.minio_key))));
    expect(stored[0].equals(picture)).toBe(true);
    expect(stored[1].equals(FLOWER())).toBe(true);
    expect(rows.map((row) => Number(row.file_size_bytes))).toEqual(stored.map(({ length }) => length));
  });

  it('refuses more than a mebibyte behind a picture that is no part of the photo', async () => {
    const before = await deployment.storedKeys();
    expect(await client.createRender(Buffer.concat([FLOWER(), Buffer.alloc(MIB + 1, 7)]))).toMatchObject({
      status: 400,
      body: { message: expect.stringContaining(`${MIB + 1} bytes follow the end of the picture`) },
    });
    expect(await deployment.storedKeys()).toEqual(before);
  });
});

describe('a deployment whose disk has less than is to be left free', () => {
  it('refuses an upload before it is sent', async () => {
    const { bavail, bsize } = statfsSync('/tmp');
    const minFree = Math.floor((bavail * bsize) / MIB) + 1_000_000;
    const [deployment, client] = await deployApi({
      storage: 'filesystem',
      env: { STORAGE_MIN_FREE_MB: String(minFree) },
    });
    try {
      expect(await client.createRender(FLOWER())).toMatchObject(REFUSED);
      expect((await client.get('/health/readiness')).status).toBe(200);
      expect(await deployment.storedKeys()).toEqual([]);
    } finally {
      await deployment.close();
    }
  });
});
