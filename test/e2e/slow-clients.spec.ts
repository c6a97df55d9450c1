import { FilesystemObjectStore, OBJECTS_ROUTE, SignedLinks } from '#storage';
import { ApiClient } from '../support/client.js';
import { Deployment } from '../support/deployment.js';
import { startStopwatch } from '../support/stopwatch.js';
import { Scrape } from '../support/metrics.js';
import { FLOWER } from '../support/photos.js';
import { until } from '../support/processes.js';
import { chunk, FIELDS, fileStart, RawConnection, uploadHead } from '../support/raw-connection.js';

const MIB = 1024 * 1024;
const LIMITS = {
  HEADERS_TIMEOUT_SECONDS: '2',
  UPLOAD_STALL_SECONDS: '2',
  REQUEST_TIMEOUT_SECONDS: '6',
  ANSWER_STALL_SECONDS: '2',
  KEEP_ALIVE_SECONDS: '3',
  MAX_CONCURRENT_UPLOADS: '2',
  MAX_CONNECTIONS: '20',
};
/** What a limit of some seconds is kept to. */
const MARGIN_MS = 6_000;

jest.setTimeout(60_000);

describe('guarantee: slow clients and endless bodies are cut off', () => {
  let deployment: Deployment;
  let client: ApiClient;
  const open: RawConnection[] = [];

  beforeAll(async () => {
    deployment = await Deployment.prepare({ queue: 'postgres', storage: 'filesystem', env: LIMITS });
    await deployment.startApi();
    client = new ApiClient(deployment.apiUrl);
  });
  afterEach(async () => {
    for (const connection of open.splice(0)) connection.close();
    await until('no upload is on disk', async () => (await deployment.temporaryFiles()).length === 0);
  });
  afterAll(() => deployment.close());

  async function connect(): Promise<RawConnection> {
    const connection = await RawConnection.open(deployment.apiUrl);
    open.push(connection);
    return connection;
  }

  /** Sends a byte now and then until the server closes. */
  async function drip(connection: RawConnection, piece: () => string | Buffer, everyMs: number): Promise<void> {
    while (!connection.isClosed) {
      await connection.send(piece());
      await new Promise((resolve) => setTimeout(resolve, everyMs));
    }
  }

  async function beginUpload(): Promise<RawConnection> {
    const connection = await connect();
    await connection.send(uploadHead());
    await connection.send(chunk(FIELDS + fileStart() + 'half a photo'));
    return connection;
  }

  it('a silent client is disconnected', async () => {
    const elapsed = startStopwatch();
    const connection = await connect();
    await connection.closed;
    expect(elapsed()).toBeLessThan(2_000 + MARGIN_MS);
  });

  it('headers that drip are cut', async () => {
    const elapsed = startStopwatch();
    const connection = await connect();
    await connection.send('GET /v1/styles HTTP/1.1\r\nHost: localhost\r\n');
    await drip(connection, () => 'X-A: b\r\n', 200);
    expect(elapsed()).toBeLessThan(2_000 + MARGIN_MS);
    const { status, body } = await connection.answer();
    expect(status).toBe(408);
    expect(body).toEqual({
      error: 'Request Timeout',
      status: 408,
      code: 'request_timeout',
      request_id: expect.any(String),
    });
  });

  it('an upload that stalls is cut', async () => {
    const elapsed = startStopwatch();
    const connection = await beginUpload();
    const { status, body } = await connection.answer();
    expect([status, body.error]).toEqual([408, 'The upload stalled']);
    await connection.closed;
    expect(elapsed()).toBeLessThan(4_000 + MARGIN_MS);
  });

  it('an upload that drips is cut when the time of a request is over, and no sooner', async () => {
    const elapsed = startStopwatch();
    const connection = await beginUpload();
    await drip(connection, () => chunk('x'), 200);
    expect(Date.now() - connection.openedAt).toBeGreaterThan(5_000);
    expect(elapsed()).toBeLessThan(6_000 + MARGIN_MS);
    expect((await connection.answer()).status).toBe(408);
  });

  it('a reader that takes nothing is cut, one that takes its time is not', async () => {
    await deployment.store.putFile('renders/1/output.tiff', process.execPath, 'image/tiff');
    const link = new URL(await signedLink('renders/1/output.tiff'));
    const request = `GET ${link.pathname}${link.search} HTTP/1.1\r\nHost: localhost\r\n\r\n`;
    const [stuck, slow] = [await connect(), await connect()];
    stuck.socket.pause();
    await stuck.send(request);
    await slow.send(request);
    let received = 0;
    slow.socket.removeAllListeners('data').on('data', (data: Buffer) => {
      received += data.length;
      slow.socket.pause();
      setTimeout(() => slow.socket.resume(), 30);
    });
    const brokenOff = (): boolean =>
      deployment.programs[0].output.split('\n').some((line) => /objects.*"status":499/.test(line));
    await until('both have begun', () => stuck.socket.bytesWritten > 0 && received > 0);
    await until('the stuck answer is given up', brokenOff);
    const before = received;
    await until('the slow one goes on', () => received > before + MIB);
    expect(slow.isClosed).toBe(false);
  });

  it('an idle connection is closed in the end', async () => {
    const connection = await connect();
    await connection.send('GET /health/liveness HTTP/1.1\r\nHost: localhost\r\n\r\n');
    expect((await connection.answer()).head).toMatch(/Keep-Alive: timeout=3/i);
    await connection.closed;
  });

  it('uploads over the number that fits are asked to come back', async () => {
    await Promise.all([beginUpload(), beginUpload()]);
    await until('both are in progress', async () => (await deployment.temporaryFiles()).length === 2);
    const refused = await client.createRender(FLOWER());
    expect([refused.status, refused.body.error]).toEqual([503, 'Too many uploads at once']);
    expect(refused.headers.get('retry-after')).toMatch(/^\d+$/);
    expect((await client.get('/v1/styles')).status).toBe(200);
    for (const connection of open) connection.close();
    await until('there is room', async () => (await client.createRender(FLOWER())).status === 201);
  });

  it('connections over the number that fits are closed at once, and there is room again when others go', async () => {
    const many = await Promise.all(Array.from({ length: 40 }, () => connect()));
    await until('the last ones are closed', () => many.filter(({ isClosed }) => isClosed).length >= 20);
    // To make room for others, not because their headers were late.
    const scrape = await Scrape.of(deployment.apiUrl);
    const closed = ['idle', 'headers', 'refused'].map(
      (reason) => scrape.value('http_connections_closed_total', { reason }) ?? 0,
    );
    expect(closed.reduce((sum, count) => sum + count)).toBeGreaterThanOrEqual(20);
    for (const connection of many) connection.close();
    await until('there is room', async () => (await client.get('/health/liveness')).status === 200);
  });

  function signedLink(key: string): Promise<string> {
    const { STORAGE_ROOT, STORAGE_SIGNING_KEY } = deployment.env;
    const links = new SignedLinks(STORAGE_SIGNING_KEY, deployment.apiUrl + OBJECTS_ROUTE);
    const options = { expiresInSeconds: 60, downloadName: 'a.tiff', contentType: 'image/tiff' };
    return new FilesystemObjectStore(STORAGE_ROOT, links).signedLink(key, options);
  }
});
