import { randomUUID } from 'node:crypto';
import { rename } from 'node:fs/promises';
import { request } from 'node:http';
import path from 'node:path';
import sharp from 'sharp';
import { type Answer, ApiClient, SIZES, STYLES, type FormPart } from '../support/client.js';
import { startStopwatch } from '../support/stopwatch.js';
import { Deployment } from '../support/deployment.js';
import { encodeBmp, flatPng, FLOWER, flowerAs, flowerAsBmp } from '../support/photos.js';
import { until } from '../support/processes.js';

const MIB = 1024 * 1024;
const NOWHERE = '00000000-0000-4000-8000-000000000000';

const EVERY_FORMAT: [string, () => Promise<Buffer>][] = [
  ['JPEG', async () => FLOWER()],
  ['PNG', () => flowerAs('png')],
  ['TIFF', () => flowerAs('tiff')],
  ['WEBP', () => flowerAs('webp')],
  ['BMP', () => flowerAsBmp()],
];

jest.setTimeout(60_000);

describe('the REST API', () => {
  let deployment: Deployment;
  let client: ApiClient;

  beforeAll(async () => {
    deployment = await Deployment.prepare({ queue: 'postgres', storage: 'filesystem' });
    await deployment.startApi();
    client = new ApiClient(deployment.apiUrl);
  });
  afterAll(() => deployment.close());

  async function traces(): Promise<unknown> {
    const [{ assets, renders, jobs }] = await deployment.query<{ assets: string; renders: string; jobs: string }>(
      `SELECT (SELECT count(*) FROM assets) AS assets, (SELECT count(*) FROM renders) AS renders,
              (SELECT count(*) FROM bullmq.job) AS jobs`,
    );
    return { assets, renders, jobs, objects: await deployment.storedKeys() };
  }

  /** The request is refused as said, in the documented form, and leaves nothing anywhere. */
  async function refused(
    answer: () => Promise<Answer>,
    status: number,
    error: RegExp | string,
    field?: string,
  ): Promise<void> {
    const before = await traces();
    const { status: answered, body, headers } = await answer();
    expect(body).toMatchObject({
      error: typeof error === 'string' ? error : expect.stringMatching(error),
      status,
      request_id: headers.get('x-request-id'),
    });
    expect(answered).toBe(status);
    expect(Object.keys(body)).toEqual(expect.arrayContaining(['error', 'status', 'request_id']));
    expect(JSON.stringify(body)).not.toMatch(/node_modules|\/work|\/tmp|\bat .+:\d+/);
    if (field) expect(body.details.map((problem: { field: string }) => problem.field)).toContain(field);
    expect(await traces()).toEqual(before);
    await until('the upload is gone from disk', async () => (await deployment.temporaryFiles()).length === 0);
  }

  const form = (
    changes: Partial<Record<'file' | 'style_id' | 'size_preset_id', FormPart | null>> = {},
    more: FormPart[] = [],
  ) => {
    const parts: Record<string, FormPart | null> = {
      file: { name: 'file', value: FLOWER(), filename: 'photo.jpg' },
      style_id: { name: 'style_id', value: STYLES['pop-poster'] },
      size_preset_id: { name: 'size_preset_id', value: SIZES['9x12'] },
      ...changes,
    };
    return client.postForm('/v1/renders', [...Object.values(parts).filter((part) => part !== null), ...more]);
  };
  const file = (value: Uint8Array, filename = 'photo.jpg'): { file: FormPart } => ({
    file: { name: 'file', value, filename },
  });

  describe('POST /v1/renders', () => {
    it.each(EVERY_FORMAT)('accepts %s whatever its name', async (format, make) => {
      const { status, body, headers } = await client.createRender(await make(), { filename: 'a photo.dat' });
      expect(status).toBe(201);
      expect(body).toMatchObject({ status: 'queued', created_at: expect.stringMatching(/Z$/) });
      expect(headers.get('location')).toBe(`/v1/renders/${body.render_id}`);
      const [row] = await deployment.query(
        `SELECT a.id, a.filename, a.minio_key, a.format, a.file_size_bytes, r.status, r.queue_job_id
           FROM renders r JOIN assets a ON a.id = r.asset_id WHERE r.id = $1`,
        [body.render_id],
      );
      expect(row).toMatchObject({
        filename: 'a photo.dat',
        minio_key: `uploads/${row.id}/a photo.dat`,
        format,
        file_size_bytes: String((await make()).length),
        status: 'queued',
        queue_job_id: `${body.render_id}-1`,
      });
    });

    it('warns of a heavy crop and of few pixels', async () => {
      const { body } = await form(file(await flatPng(1000, 400), 'wide.png'));
      expect(body.warnings.map(({ code }: { code: string }) => code)).toEqual(['heavy_crop', 'low_resolution']);
      const { body: render } = await client.get(`/v1/renders/${body.render_id}`);
      expect(render.warnings).toEqual(body.warnings);
      const { body: fine } = await form(file(await flatPng(2700, 3600), 'fine.png'));
      expect(fine).not.toHaveProperty('warnings');
    });

    it('warns of a photo of which nothing shows', async () => {
      const clear = { create: { width: 2700, height: 3600, channels: 4, background: '#00000000' } } as const;
      const { status, body } = await form(file(await sharp(clear).png().toBuffer(), 'clear.png'));
      expect(status).toBe(201);
      expect(body.warnings).toEqual([{ code: 'fully_transparent', message: expect.any(String) }]);
      const { body: render } = await client.get(`/v1/renders/${body.render_id}`);
      expect(render.warnings).toEqual(body.warnings);
      const { body: document } = await client.get('/v1/openapi.json');
      const { code } = document.components.schemas.WarningResponse.properties;
      expect(code.enum).toEqual(['heavy_crop', 'low_resolution', 'fully_transparent']);
    });

    it('names an unsupported format and what to send instead', async () => {
      const heic = Buffer.from('\0\0\0\x18ftypheic\0\0\0\0mif1heic', 'latin1');
      const { status, body } = await form(file(heic, 'IMG_0001.HEIC'));
      expect(status).toBe(400);
      expect(body).toMatchObject({
        error: 'Unsupported image format',
        message: expect.stringMatching(/^HEIC photo: export it as a JPEG/),
      });
    });

    it('accepts how to lay the photo on the sheet, and reports it in its warnings', async () => {
      const wide = file(await flatPng(4000, 3000), 'wide.png');
      const { status, body } = await form(wide, [
        { name: 'orientation', value: 'auto' },
        { name: 'fit', value: 'contain' },
        { name: 'focus', value: '0.5,0.25' },
      ]);
      expect(status).toBe(201);
      expect(body).not.toHaveProperty('warnings');
      const [row] = await deployment.query('SELECT metadata FROM renders WHERE id = $1', [body.render_id]);
      expect(row.metadata).toMatchObject({
        layout: { orientation: 'auto', fit: 'contain', focus: { x: 0.5, y: 0.25 } },
      });
    });

    it.each([
      ['fit', 'stretch'],
      ['orientation', 'sideways'],
      ['focus', '0.5'],
      ['focus', '0.5,1.5'],
      ['focus', 'left,top'],
    ])('refuses %s=%s', async (name, value) => {
      await refused(() => form({}, [{ name, value }]), 400, new RegExp(`^${name} must be`), name);
    });

    it('takes 10,000 pixels on a side and refuses 10,001', async () => {
      expect((await form(file(await flatPng(10_000, 20)))).status).toBe(201);
      expect((await form(file(await flatPng(20, 10_000)))).status).toBe(201);
      const error = 'Image dimensions too large (maximum 10000x10000 pixels)';
      await refused(async () => form(file(await flatPng(10_001, 20))), 400, error);
      await refused(async () => form(file(await flatPng(20, 10_001))), 400, error);
    });

    it('takes 52,428,800 bytes and refuses one more', async () => {
      // A BMP of nearly the limit, and a few bytes behind its pixels.
      const [width, height] = [4_096, 4_266];
      const picture = encodeBmp(new Uint8Array(width * height * 3), width, height);
      const exact = Buffer.concat([picture, Buffer.alloc(50 * MIB - picture.length)]);
      expect((await form(file(exact, 'big.bmp'))).status).toBe(201);
      const more = Buffer.concat([exact, Buffer.alloc(1)]);
      await refused(() => form(file(more, 'big.bmp')), 413, 'File too large (maximum 50MB)', 'file');
    });

    it('refuses a missing, an empty and a second file', async () => {
      await refused(() => form({ file: null }), 400, 'No file provided', 'file');
      await refused(() => form({ file: { name: 'file', value: 'text' } }), 400, 'No file provided', 'file');
      await refused(() => form(file(new Uint8Array(0))), 400, 'File is empty', 'file');
      await refused(() => form(file(FLOWER(), '')), 400, /No file provided|Invalid filename/);
      const second = { name: 'file', value: FLOWER(), filename: 'second.jpg' };
      await refused(() => form({}, [second]), 400, /file/i);
      const other = { name: 'photo', value: FLOWER(), filename: 'photo.jpg' };
      await refused(() => form({ file: other }), 400, 'Unexpected file field: photo', 'photo');
    });

    it.each([
      ['SVG', '<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10"><rect width="10" height="10"/></svg>'],
      ['GIF', Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64')],
      ['PDF', '%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF'],
      ['text', 'This is no photo at all, only text under a photo name.'],
      ['HTML', '<!DOCTYPE html><script>alert(1)</script>'],
      ['BMP-like text', 'BM is how this text begins, and it goes on for a while'],
    ])('refuses %s called .jpg', async (_name, content) => {
      await refused(() => form(file(Buffer.from(content))), 400, 'Unsupported image format');
    });

    it.each(EVERY_FORMAT)('refuses a truncated %s', async (_format, make) => {
      const whole = await make();
      for (const share of [0.1, 0.5, 0.95]) {
        const part = whole.subarray(0, Math.floor(whole.length * share));
        await refused(() => form(file(part)), 400, 'Image is corrupt or truncated');
      }
    });

    it('refuses a picture whose data is damaged', async () => {
      const damaged = Buffer.from(await flowerAs('png'));
      damaged.fill(0x55, damaged.length / 2, damaged.length / 2 + 200);
      await refused(() => form(file(damaged)), 400, 'Image is corrupt or truncated');
    });

    it.each(['style_id', 'size_preset_id'] as const)(
      'refuses a missing, malformed, unknown or repeated %s',
      async (name) => {
        await refused(() => form({ [name]: null }), 400, `Missing required field: ${name}`, name);
        for (const value of ['', 'pop-poster', `${NOWHERE}0`, `'; DROP TABLE renders; --`]) {
          await refused(() => form({ [name]: { name, value } }), 400, `Invalid UUID format for ${name}`, name);
        }
        await refused(() => form({ [name]: { name, value: NOWHERE } }), 400, /not found/, name);
        const again = { name, value: STYLES['pop-poster'] };
        await refused(() => form({}, [again]), 400, `Field ${name} was given more than once`, name);
      },
    );

    it('names every invalid field at once', async () => {
      const { body } = await form({ style_id: null, size_preset_id: { name: 'size_preset_id', value: 'x' } });
      expect(body.details.map(({ field }: { field: string }) => field).sort()).toEqual(['size_preset_id', 'style_id']);
    });

    it('refuses unknown fields', async () => {
      await refused(() => form({}, [{ name: 'tint', value: 'red' }]), 400, 'Unknown field: tint', 'tint');
      for (const name of ['__proto__', 'constructor', 'prototype', 'toString', 'a[b][c]', 'a[4294967294]']) {
        await refused(() => form({}, [{ name, value: 'x' }]), 400, /./);
      }
      const many = Array.from({ length: 30 }, (_, i) => ({ name: `field${i}`, value: 'x' }));
      await refused(() => form({}, many), 400, /./);
    });

    it.each([
      ['path parts', '../../etc/passwd.jpg', /path/],
      ['a Windows path', 'C:\\photos\\me.jpg', /path/],
      ['control characters', 'a\u0085b.jpg', /control/],
      ['bidi characters', 'photo\u202egpj.exe', /direction/],
      ['300 letters', `${'a'.repeat(296)}.jpg`, /longer than 255/],
      ['only spaces', '   ', /empty/],
    ])('refuses a filename with %s', async (_what, filename, error) => {
      await refused(() => form(file(FLOWER(), filename)), 400, error, 'file');
    });

    it.each(['Größe – 写真 (1).jpg', "it's 100% + & = #.jpg", 'ñ'.repeat(251) + '.jpg'])(
      'keeps the filename %s',
      async (filename) => {
        const { status, body } = await form(file(FLOWER(), filename));
        expect(status).toBe(201);
        const [row] = await deployment.query(
          'SELECT filename, minio_key FROM assets a JOIN renders r ON r.asset_id = a.id WHERE r.id = $1',
          [body.render_id],
        );
        expect(row.filename).toBe(filename.normalize('NFC'));
        expect(await deployment.store.stat(row.minio_key as string)).toMatchObject({ sizeBytes: FLOWER().length });
      },
    );

    it('refuses another content type and a malformed body', async () => {
      const post = (type: string | null, body: string | null) =>
        client.get('/v1/renders', { method: 'POST', body, headers: type ? { 'content-type': type } : {} });
      await refused(() => post('application/json', '{}'), 400, 'Content-Type must be multipart/form-data');
      await refused(() => post('image/jpeg', 'x'), 400, 'Content-Type must be multipart/form-data');
      await refused(() => post(null, null), 400, 'Content-Type must be multipart/form-data');
      await refused(() => post('multipart/form-data', 'x'), 400, 'Malformed multipart body');
      const cut = '--b\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\nhalf a fi';
      await refused(() => post('multipart/form-data; boundary=b', cut), 400, 'Malformed multipart body');
    });

    it('leaves nothing of an upload that breaks off', async () => {
      const before = await traces();
      await new Promise<void>((resolve) => {
        const upload = request(`${deployment.apiUrl}/v1/renders`, {
          method: 'POST',
          headers: { 'content-type': 'multipart/form-data; boundary=b', 'content-length': 10_000_000 },
        });
        upload.on('error', () => resolve());
        upload.write('--b\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n');
        upload.write(Buffer.alloc(100_000));
        setTimeout(() => upload.destroy(new Error('cut')), 300);
      });
      await until('the upload is gone from disk', async () => (await deployment.temporaryFiles()).length === 0);
      expect(await traces()).toEqual(before);
    });
  });

  describe('GET /v1/renders/{id}', () => {
    let id: string;
    beforeAll(async () => (id = (await form()).body.render_id));

    it('returns the state', async () => {
      const { status, body } = await client.get(`/v1/renders/${id}`);
      expect(status).toBe(200);
      expect(body).toEqual({
        id,
        status: 'queued',
        asset_id: expect.any(String),
        style: { id: STYLES['pop-poster'], name: 'Pop Poster', slug: 'pop-poster' },
        size_preset: {
          id: SIZES['9x12'],
          name: '9x12',
          width_inches: 9,
          height_inches: 12,
          dpi: 300,
          width_px: 2700,
          height_px: 3600,
        },
        created_at: expect.stringMatching(/Z$/),
        started_at: null,
        completed_at: null,
        duration_ms: null,
        error_code: null,
        error_message: null,
        progress: 0,
        warnings: expect.any(Array),
      });
      expect((await client.get(`/v1/renders/${id.toUpperCase()}`)).body.id).toBe(id);
    });

    it.each(['', '/download', '/preview'])('refuses malformed and unknown ids%s', async (suffix) => {
      for (const bad of ['x', '123', `${NOWHERE}x`, '%00', '..%2f..%2fetc']) {
        const { status, body } = await client.get(`/v1/renders/${bad}${suffix}`);
        expect(status).toBe(400);
        expect(body).toMatchObject({ error: 'Invalid UUID format for render_id', status: 400 });
      }
      const { status, body } = await client.get(`/v1/renders/${NOWHERE}${suffix}`);
      expect(status).toBe(404);
      expect(body).toMatchObject({ error: 'Render not found', status: 404 });
    });

    it.each(['download', 'preview'])('has no %s before it is completed', async (file) => {
      const { status, body } = await client.get(`/v1/renders/${id}/${file}`);
      expect(status).toBe(409);
      expect(body).toMatchObject({ error: 'Render not completed (current status: queued)', status: 409 });
    });

    it('links to the files of a completed render', async () => {
      await deployment.query(
        `UPDATE renders SET status = 'completed', output_minio_key = 'renders/' || id || '/output.tiff',
                            preview_minio_key = 'renders/' || id || '/preview.jpg' WHERE id = $1`,
        [id],
      );
      await deployment.store.putFile(`renders/${id}/output.tiff`, __filename, 'image/tiff');
      const { body } = await client.get(`/v1/renders/${id}/download`);
      expect(body).toEqual({ url: expect.stringContaining(`/renders/${id}/output.tiff?`), expires_in: 604_800 });
      const link = body.url as string;
      const head = await fetch(link, { method: 'HEAD' });
      expect(head.status).toBe(200);
      expect(head.headers.get('content-type')).toBe('image/tiff');
      expect(head.headers.get('content-disposition')).toContain('filename="photo-pop-poster-9x12.tiff"');
      expect(head.headers.get('accept-ranges')).toBe('bytes');
      const part = await fetch(link, { headers: { range: 'bytes=0-5' } });
      expect([part.status, await part.text()]).toEqual([206, 'import']);
      const altered = await client.get(new URL(link).pathname + new URL(link).search.replace('tiff', 'html'));
      expect([altered.status, altered.body.error]).toEqual([403, 'Invalid link signature']);
      const missing = await client.get(`/v1/renders/${id}/preview`);
      expect((await fetch(missing.body.url as string)).status).toBe(404);
    });
  });

  it('lists the sizes and the styles', async () => {
    const sizes = await client.get('/v1/size-presets');
    expect(sizes.body[0]).toEqual({
      id: SIZES['9x12'],
      name: '9x12',
      width_inches: 9,
      height_inches: 12,
      dpi: 300,
      width_px: 2700,
      height_px: 3600,
    });
    expect(sizes.body.at(-1)).toMatchObject({ name: '30x40', width_px: 9000, height_px: 12_000 });
    const styles = await client.get('/v1/styles');
    expect(styles.body.map(({ slug }: { slug: string }) => slug).sort()).toEqual(Object.keys(STYLES).sort());
  });

  it.each([
    ['GET', '/nothing/here', 404],
    ['GET', '/v1/renders', 405],
    ['DELETE', '/v1/styles', 405],
    ['GET', '/%E0%A4%A', 404],
    ['GET', '/v1/renders/%E0%A4%A', 400],
  ])('answers %s %s in the documented form', async (method, path, status) => {
    const { status: answered, body } = await client.get(path, { method });
    expect(answered).toBe(status);
    expect(body).toMatchObject({
      error: expect.any(String),
      status,
      code: expect.any(String),
      request_id: expect.any(String),
    });
  });

  it('echoes a plain request id and replaces any other', async () => {
    const plain = await client.get('/v1/styles', { headers: { 'x-request-id': 'order-42' } });
    expect(plain.headers.get('x-request-id')).toBe('order-42');
    const odd = await client.get('/v1/styles', { headers: { 'x-request-id': 'a b<script>' } });
    expect(odd.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('reports its health', async () => {
    const { status, body } = await client.get('/health');
    expect(status).toBe(200);
    expect(body).toEqual({
      status: 'healthy',
      service: 'pop-render',
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
      timestamp: expect.stringMatching(/Z$/),
      uptime_seconds: expect.any(Number),
      checks: {
        database: { status: 'healthy', latency_ms: expect.any(Number) },
        redis: { status: 'healthy', latency_ms: expect.any(Number), backend: 'postgres' },
        storage: { status: 'healthy', latency_ms: expect.any(Number) },
        queue: {
          status: 'healthy',
          latency_ms: expect.any(Number),
          waiting: expect.any(Number),
          active: 0,
          delayed: 0,
          failed: 0,
        },
      },
    });
    const readiness = await client.get('/health/readiness');
    expect(readiness.body).toMatchObject({ status: 'ready', checks: { database: { status: 'healthy' } } });
    expect(Object.keys(readiness.body.checks as object)).toEqual(['database']);
    expect((await client.get('/health/liveness')).body).toMatchObject({ status: 'alive', service: 'pop-render' });
  });

  it('serves its metrics', async () => {
    await form();
    await client.get(`/v1/renders/${NOWHERE}`);
    await client.get('/v1/styles');
    const { body, headers } = await client.get('/metrics');
    expect(headers.get('content-type')).toContain('text/plain');
    expect(body).toMatch(/^http_requests_total\{method="GET",endpoint="\/v1\/renders\/\{id\}",status="404"\} \d+$/m);
    expect(body).toMatch(/^http_requests_total\{method="POST",endpoint="\/v1\/renders",status="201"\} \d+$/m);
    expect(body).toMatch(
      /^http_request_duration_seconds_bucket\{le="0\.025",method="GET",endpoint="\/v1\/styles"\} \d+$/m,
    );
    expect(body).toMatch(/^render_queue_depth\{service="pop-render"\} [1-9]\d*$/m);
    expect(body).toMatch(/^process_resident_memory_bytes\{service="pop-render"\} \d+$/m);
    expect(body).not.toMatch(/[0-9a-f]{8}-[0-9a-f]{4}-/);
  });

  it('describes itself in OpenAPI 3.0', async () => {
    const { body } = await client.get('/v1/openapi.json');
    expect(body.openapi).toMatch(/^3\.0/);
    expect(Object.keys(body.paths as object).sort()).toEqual([
      '/v1/renders',
      '/v1/renders/{id}',
      '/v1/renders/{id}/download',
      '/v1/renders/{id}/preview',
      '/v1/size-presets',
      '/v1/styles',
    ]);
    const create = body.paths['/v1/renders'].post;
    expect(create.operationId).toBe('createRender');
    expect(create.requestBody.content['multipart/form-data'].schema.$ref).toBe('#/components/schemas/CreateRenderDto');
    expect(Object.keys(create.responses as object).sort()).toEqual([
      '201',
      '400',
      '408',
      '413',
      '415',
      '429',
      '500',
      '503',
    ]);
    expect(body.components.schemas.CreateRenderDto.required.sort()).toEqual(['file', 'size_preset_id', 'style_id']);
  });

  it('sets the usual security headers and reveals nothing about its software', async () => {
    const { headers } = await client.get('/v1/styles');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('x-powered-by')).toBeNull();
  });

  it('logs each event as one JSON line with the documented fields', async () => {
    const { body } = await form();
    const lines = deployment.programs[0].output.split('\n').filter((line) => line.startsWith('{'));
    const created = lines.map((line) => JSON.parse(line)).find(({ render_id }) => render_id === body.render_id);
    expect(created).toMatchObject({
      level: 'INFO',
      logger: 'pop-render.api',
      message: 'Render job created',
      style: 'pop-poster',
      size_preset: '9x12',
    });
    expect(created.timestamp).toMatch(/^\d{4}-\d\d-\d\dT.+Z$/);
    expect(deployment.programs[0].output).not.toContain(deployment.database.password + '"');
    expect(randomUUID()).not.toBe(body.render_id);
  });

  it('reports that storage is unavailable, accepts nothing meanwhile, and recovers automatically', async () => {
    const staging = path.join(deployment.env.STORAGE_ROOT, '.staging');
    await rename(staging, `${staging}-moved`);
    try {
      const health = await client.get('/health');
      expect(health.status).toBe(503);
      expect(health.body).toMatchObject({
        status: 'unhealthy',
        checks: { database: { status: 'healthy' }, storage: { status: 'unhealthy', error: expect.any(String) } },
      });
      expect((await client.get('/health/readiness')).status).toBe(200);
      await refused(() => form(), 503, 'Object storage is unavailable');
      expect((await form()).headers.get('retry-after')).toMatch(/^\d+$/);
    } finally {
      await rename(`${staging}-moved`, staging);
    }
    expect((await client.get('/health')).status).toBe(200);
    expect((await form()).status).toBe(201);
  });
});

describe('the REST API without its queue', () => {
  it('keeps renders until the queue is back, and reports that it is unavailable', async () => {
    const deployment = await Deployment.prepare({ queue: 'redis', storage: 'filesystem', env: { REDIS_PORT: '1' } });
    try {
      await deployment.startApi();
      const client = new ApiClient(deployment.apiUrl);
      const elapsed = startStopwatch();
      const { status, body } = await client.createRender(FLOWER());
      expect([status, body.status]).toEqual([201, 'queued']);
      expect(elapsed()).toBeLessThan(5000);
      const [row] = await deployment.query('SELECT status, queue_job_id FROM renders WHERE id = $1', [body.render_id]);
      expect(row).toEqual({ status: 'queued', queue_job_id: null });
      expect(await deployment.temporaryFiles()).toEqual([]);
      const { body: health } = await client.get('/health');
      expect(health).toMatchObject({
        status: 'unhealthy',
        checks: { redis: { status: 'unhealthy' }, queue: { status: 'unhealthy' }, database: { status: 'healthy' } },
      });
      expect((await client.get('/health/readiness')).status).toBe(200);
    } finally {
      await deployment.close();
    }
  });
});
