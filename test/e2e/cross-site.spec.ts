import { ApiClient, SIZES, STYLES } from '../support/client.js';
import { Deployment } from '../support/deployment.js';
import { FLOWER } from '../support/photos.js';
import { RawConnection, uploadHead } from '../support/raw-connection.js';

const SHOP = 'https://shop.example.com';
const EVIL = 'https://evil.example.com';

jest.setTimeout(60_000);

describe('guarantee: a web page of another origin writes nothing, and reads nothing from an API on loopback', () => {
  let deployment: Deployment;
  let client: ApiClient;
  beforeAll(async () => {
    const env = { API_HOST: '127.0.0.1', CORS_ORIGINS: SHOP, PUBLIC_URL: 'https://prints.example.com' };
    deployment = await Deployment.prepare({ queue: 'postgres', storage: 'filesystem', env });
    await deployment.startApi();
    client = new ApiClient(deployment.apiUrl);
  });
  afterAll(() => deployment.close());

  const upload = (headers: Record<string, string>) =>
    client.postForm(
      '/v1/renders',
      [
        { name: 'file', value: FLOWER(), filename: 'photo.jpg' },
        { name: 'style_id', value: STYLES['pop-poster'] },
        { name: 'size_preset_id', value: SIZES['9x12'] },
      ],
      headers,
    );
  const renders = async (): Promise<number> => (await deployment.query('SELECT id FROM renders')).length;

  /** Status and body of the answer to a request with this Host. */
  async function askFor(host: string, line = 'GET /v1/styles HTTP/1.1'): Promise<{ status: number; received: string }> {
    const connection = await RawConnection.open(deployment.apiUrl);
    await connection.send(`${line}\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
    await connection.closed;
    return { status: Number(connection.received.split(' ')[1]), received: connection.received };
  }

  it.each([[{ origin: EVIL }], [{ origin: 'null' }], [{ 'sec-fetch-site': 'cross-site' }]])(
    'an upload with %j is refused',
    async (headers: Record<string, string>) => {
      const before = await renders();
      const { status, body } = await upload(headers);
      expect([status, body]).toMatchObject([403, { message: expect.stringContaining('CORS_ORIGINS') }]);
      expect(await renders()).toBe(before);
    },
  );

  it('before a byte of its body is read', async () => {
    const connection = await RawConnection.open(deployment.apiUrl);
    await connection.send(uploadHead(['Content-Length: 1000', `Origin: ${EVIL}`, 'Expect: 100-continue']));
    const { status, head } = await connection.answer();
    expect([status, head.includes('100 Continue')]).toEqual([403, false]);
    expect(head).toMatch(/^Connection: close$/im);
    await connection.closed;
  });

  it.each([
    ['a program', {}],
    ['a page of the list', { origin: SHOP, 'sec-fetch-site': 'cross-site' }],
    ['a page of PUBLIC_URL', { origin: 'https://prints.example.com' }],
  ])('an upload of %s is taken', async (_what, headers: Record<string, string>) => {
    expect((await upload(headers)).status).toBe(201);
  });

  it('of the same host too, and a page of the list may ask first', async () => {
    expect((await upload({ origin: deployment.apiUrl })).status).toBe(201);
    const headers = { origin: SHOP, 'access-control-request-method': 'POST', 'sec-fetch-site': 'cross-site' };
    const preflight = await client.get('/v1/renders', { method: 'OPTIONS', headers });
    expect([preflight.status, preflight.headers.get('access-control-allow-origin')]).toEqual([204, SHOP]);
  });

  it.each(['/v1/styles', '/health', '/metrics', '/nothing'])('%s is not for hosts of others', async (path) => {
    for (const host of ['evil.example.com', 'localhost.evil.example.com', '0.0.0.0', '']) {
      const { status, received } = await askFor(host, `GET ${path} HTTP/1.1`);
      expect([host, status]).toEqual([host, 403]);
      expect(received).toMatch(/"error":"Unknown host".*"request_id"/);
    }
    expect((await askFor('localhost', `GET http://evil.example.com${path} HTTP/1.1`)).status).toBe(403);
  });

  it.each(['localhost', 'LOCALHOST:8089', 'localhost.', '127.0.0.1:1', '[::1]:8089', 'prints.example.com'])(
    'what is for %s is answered',
    async (host) => expect((await askFor(host)).status).toBe(200),
  );
});
