import { rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { FilesystemObjectStore, SignedLinks } from '#storage';
import pg from 'pg';
import { ApiClient } from '../support/client.js';
import { Deployment } from '../support/deployment.js';
import { FLOWER } from '../support/photos.js';
import { until } from '../support/processes.js';
import { RawConnection } from '../support/raw-connection.js';

const SHOP = 'https://shop.example.com';
const NOWHERE = '00000000-0000-4000-8000-000000000000';

jest.setTimeout(60_000);

describe('answers', () => {
  let deployment: Deployment;
  let client: ApiClient;

  beforeAll(async () => {
    deployment = await Deployment.prepare({
      queue: 'postgres',
      storage: 'filesystem',
      env: { CORS_ORIGINS: `${SHOP}, http://localhost:3000` },
    });
    await deployment.startApi();
    client = new ApiClient(deployment.apiUrl);
  });
  afterAll(() => deployment.close());

  async function signedPath(key: string): Promise<string> {
    const links = new SignedLinks(deployment.env.STORAGE_SIGNING_KEY, '/v1/objects');
    const store = new FilesystemObjectStore(deployment.env.STORAGE_ROOT, links);
    return store.signedLink(key, { expiresInSeconds: 60, downloadName: 'a.tiff', contentType: 'image/tiff' });
  }

  describe('carry what browsers must know', () => {
    it.each([
      ['a list', '/v1/styles', 200],
      ['an error', `/v1/renders/${NOWHERE}`, 404],
      ['an unknown route', '/nothing', 404],
      ['health', '/health', 200],
      ['the OpenAPI document', '/v1/openapi.json', 200],
      ['a stored file', () => signedPath('renders/1/output.tiff'), 200],
      ['a missing file', () => signedPath('renders/2/output.tiff'), 404],
    ])('%s', async (_what, at, status) => {
      await deployment.store.putFile('renders/1/output.tiff', __filename, 'image/tiff');
      const { status: answered, headers } = await client.get(typeof at === 'string' ? at : await at());
      expect(answered).toBe(status);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('content-security-policy')).toBe(
        "default-src 'none';base-uri 'none';form-action 'none';frame-ancestors 'none'",
      );
      expect(headers.get('x-frame-options')).toBe('DENY');
      expect(headers.get('referrer-policy')).toBe('no-referrer');
      expect(headers.get('x-powered-by')).toBeNull();
      expect(headers.get('server')).toBeNull();
      expect(headers.get('strict-transport-security')).toBeNull();
    });

    it('ask for HTTPS where that is how clients come', async () => {
      const secure = await Deployment.prepare({
        queue: 'postgres',
        storage: 'filesystem',
        env: { PUBLIC_URL: 'https://art.example.com' },
      });
      try {
        await secure.startApi();
        const { headers } = await new ApiClient(secure.apiUrl).get('/v1/styles', { headers: { origin: SHOP } });
        expect(headers.get('strict-transport-security')).toMatch(/^max-age=\d{7,}/);
        // No origin is allowed by default.
        expect([...headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
        expect(headers.get('cross-origin-resource-policy')).toBe('same-origin');
      } finally {
        await secure.close();
      }
    });
  });

  describe('to pages of other origins', () => {
    const preflight = (origin: string) =>
      client.get('/v1/renders', {
        method: 'OPTIONS',
        headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'x-request-id' },
      });

    it('are given to an origin of the list, with the headers it needs', async () => {
      for (const origin of [SHOP, 'http://localhost:3000']) {
        for (const at of ['/v1/styles', `/v1/renders/${NOWHERE}`, '/nothing']) {
          const { headers } = await client.get(at, { headers: { origin } });
          expect(headers.get('access-control-allow-origin')).toBe(origin);
          expect(headers.get('access-control-expose-headers')).toBe('X-Request-Id,Location,Retry-After');
          expect(headers.get('access-control-allow-credentials')).toBeNull();
          expect(headers.get('vary')).toMatch(/origin/i);
        }
      }
      const { status, headers } = await preflight(SHOP);
      expect(status).toBe(204);
      expect(headers.get('access-control-allow-origin')).toBe(SHOP);
      expect(headers.get('access-control-allow-methods')).toContain('POST');
      expect(headers.get('access-control-allow-headers')).toBe('x-request-id');
    });

    it.each(['https://evil.example.com', `${SHOP}.evil.com`, 'http://shop.example.com', `${SHOP}:444`, 'null'])(
      'are refused to %s',
      async (origin) => {
        for (const { headers } of [await client.get('/v1/styles', { headers: { origin } }), await preflight(origin)]) {
          expect(headers.get('access-control-allow-origin')).toBeNull();
        }
      },
    );
  });

  describe('guarantee: no response discloses a stack or a path', () => {
    /** The status is as expected, the body in the documented form, and neither body nor header discloses internals. */
    function expectDiscreet(status: number, body: unknown, rest: string): void {
      expect(body).toMatchObject({ error: expect.any(String), status, request_id: expect.any(String) });
      const { STORAGE_ROOT, TMPDIR, DB_NAME, DB_PASSWORD } = deployment.env;
      const response = JSON.stringify(body) + rest;
      for (const secret of [process.cwd(), STORAGE_ROOT, TMPDIR, DB_NAME, `"${DB_PASSWORD}"`]) {
        expect(response).not.toContain(secret);
      }
      expect(response).not.toMatch(/node_modules|dist\/|\.js\b|\.ts\b|\/(srv|tmp|home|root|app)\b|\n\s+at |:\d+:\d+\)/);
      expect(response).not.toMatch(
        /SELECT|INSERT|relation|column|QueryFailed|ECONN|ENOENT|EACCES|EISDIR|syscall|errno/,
      );
    }
    async function discreet(status: number, at: string, init?: RequestInit): Promise<void> {
      const { status: answered, body, headers } = await client.get(at, init);
      expectDiscreet(status, body, JSON.stringify([...headers]));
      expect(answered).toBe(status);
    }
    const create = (): RequestInit => {
      const form = new FormData();
      form.append('file', new Blob([FLOWER()]), 'photo.jpg');
      form.append('style_id', '550e8400-e29b-41d4-a716-446655440001');
      form.append('size_preset_id', '6ba7b810-9dad-11d1-80b4-00c04fd430c8');
      return { method: 'POST', body: form };
    };
    const junk = (contentType: string): RequestInit => ({
      method: 'POST',
      body: 'x'.repeat(1000),
      headers: { 'content-type': contentType },
    });

    it.each([
      [400, '/v1/renders/x', {}],
      [400, '/v1/renders/%E0%A4%A', {}],
      [400, '/v1/renders', junk('text/plain')],
      [400, '/v1/renders', junk('multipart/form-data')],
      [400, '/v1/renders', junk('multipart/form-data; boundary=b')],
      [403, '/v1/objects/renders/1/output.tiff', {}],
      [403, '/v1/objects/..%2f..%2fetc%2fpasswd?expires=1&name=a&type=b&signature=00', {}],
      [404, '/%00', {}],
      [404, `/v1/renders/${NOWHERE}`, {}],
      [404, '/etc/passwd', {}],
      [405, '/v1/styles', { method: 'DELETE' }],
      [405, '/v1/styles', { method: 'PATCH', body: '{' }],
    ] as [number, string, RequestInit][])('%i for %s', (status, at, init) => discreet(status, at, init));

    it('413 for a photo that is too large', async () => {
      const body = new FormData();
      body.append('file', new Blob([new Uint8Array(52 * 1024 * 1024)]), 'photo.jpg');
      await discreet(413, '/v1/renders', { method: 'POST', body });
    });

    it.each([
      [400, 'NONSENSE\r\n\r\n'],
      [400, 'GET /v1/styles HTTP/1.1\r\n\r\n'],
      [400, 'GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n'],
      [431, `GET / HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(20_000)}\r\n\r\n`],
    ])('%i for what is no request', async (status, text) => {
      const connection = await RawConnection.open(deployment.apiUrl);
      await connection.send(text);
      const answer = await connection.answer();
      expectDiscreet(status, answer.body, answer.head);
      expect(answer.status).toBe(status);
      connection.close();
    });

    it('503 for a name that no disk can hold, 404 for a folder, 416 for a part that a file does not have', async () => {
      // A folder that is missing would be the first error.
      await deployment.store.putFile('renders/1/output.tiff', __filename, 'image/tiff');
      await discreet(503, await signedPath(`renders/1/${'x'.repeat(300)}`));
      await discreet(404, await signedPath('renders/1'));
      await deployment.store.putFile('renders/3/output.tiff', __filename, 'image/tiff');
      await discreet(416, await signedPath('renders/3/output.tiff'), { headers: { range: 'bytes=9999999-' } });
    });

    it('503 when storage is unavailable, in health too', async () => {
      const staging = path.join(deployment.env.STORAGE_ROOT, '.staging');
      await rename(staging, `${staging}-moved`);
      try {
        await discreet(503, '/v1/renders', create());
        const { status, body } = await client.get('/health');
        expect(status).toBe(503);
        expectDiscreet(503, { error: '', ...body, status: 503, request_id: '' }, '');
      } finally {
        await rename(`${staging}-moved`, staging);
      }
    });

    it('500 when a row is refused that should not be', async () => {
      await deployment.query('ALTER TABLE assets ADD CONSTRAINT never CHECK (false) NOT VALID');
      try {
        await discreet(500, '/v1/renders', create());
      } finally {
        await deployment.query('ALTER TABLE assets DROP CONSTRAINT never');
      }
    });

    it('503 when a table is gone', async () => {
      await deployment.query('ALTER TABLE styles RENAME TO styles_renamed');
      try {
        await discreet(503, '/v1/styles');
        await discreet(503, '/v1/renders', create());
      } finally {
        await deployment.query('ALTER TABLE styles_renamed RENAME TO styles');
      }
    });

    it('503 when uploads have no folder', async () => {
      await rm(deployment.env.TMPDIR, { recursive: true });
      await discreet(503, '/v1/renders', create());
    });

    it('503 when the database accepts no connection, in health too', async () => {
      const { name } = deployment.database;
      const { host, port, user, password } = deployment.database;
      const admin = new pg.Client({ host, port, user, password, database: 'postgres' });
      await admin.connect();
      await admin.query(`ALTER DATABASE ${name} ALLOW_CONNECTIONS false`);
      await admin.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [name]);
      await admin.end();
      await until('it is noticed', async () => (await client.get('/health/readiness')).status === 503);
      await discreet(503, '/v1/styles');
      await discreet(503, `/v1/renders/${NOWHERE}`);
      const { body } = await client.get('/health');
      expectDiscreet(503, { error: '', ...body, status: 503, request_id: '' }, '');
    });
  });
});
