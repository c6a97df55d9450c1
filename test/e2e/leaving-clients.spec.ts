import pg from 'pg';
import { Deployment } from '../support/deployment.js';
import { Scrape } from '../support/metrics.js';
import { FLOWER } from '../support/photos.js';
import { type Program, until } from '../support/processes.js';
import { BOUNDARY, chunk, FIELDS, fileStart, RawConnection, uploadHead } from '../support/raw-connection.js';

jest.setTimeout(60_000);

const FORM = Buffer.concat([Buffer.from(FIELDS + fileStart()), FLOWER(), Buffer.from(`\r\n--${BOUNDARY}--\r\n`)]);
const UPLOAD = Buffer.concat([Buffer.from(uploadHead([`Content-Length: ${FORM.length}`])), FORM]);
const STYLES = 'GET /v1/styles HTTP/1.1\r\nHost: localhost\r\n\r\n';

describe('clients that leave', () => {
  let deployment: Deployment;
  let api: Program;

  beforeEach(async () => {
    const env = { SHUTDOWN_GRACE_SECONDS: '1' };
    deployment = await Deployment.prepare({ queue: 'postgres', storage: 'filesystem', env });
    api = await deployment.startApi();
  });
  afterEach(() => deployment.close());

  const connect = (): Promise<RawConnection> => RawConnection.open(deployment.apiUrl);
  const lines = (): Record<string, unknown>[] =>
    api.output
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  const answered = (endpoint: string): unknown[] =>
    lines()
      .filter((line) => line.message === 'Request answered' && line.endpoint === endpoint)
      .map(({ status }) => status);
  const errors = (): unknown[] => lines().filter(({ level }) => level === 'ERROR' || level === 'CRITICAL');

  /** Runs `during` while every question about styles waits for an answer of the database. */
  async function withoutStyles(during: () => Promise<void>): Promise<void> {
    const { host, port, name, user, password } = deployment.database;
    const holder = new pg.Client({ host, port, database: name, user, password });
    await holder.connect();
    try {
      await holder.query('BEGIN; LOCK TABLE styles');
      await during();
    } finally {
      await holder.end();
    }
  }
  const waiting = (): Promise<unknown> =>
    until('the database is asked', async () => {
      const [{ count }] = await deployment.query<{ count: string }>('SELECT count(*) FROM pg_locks WHERE NOT granted');
      return count !== '0';
    });

  it('after they ended their side get the answer of a complete request, and an upload its checks', async () => {
    for (const [request, status] of [
      [STYLES, 200],
      [UPLOAD, 201],
      [STYLES.replace('styles', 'nothing'), 404],
      [UPLOAD.subarray(0, UPLOAD.length - 100), 400],
    ] as const) {
      const connection = await connect();
      connection.socket.end(request);
      await connection.closed;
      expect(connection.received).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    }
    expect(await deployment.query('SELECT status FROM renders')).toEqual([{ status: 'queued' }]);
  });

  it('after they ended their side get both answers of two requests', async () => {
    const connection = await connect();
    connection.socket.end(STYLES + STYLES);
    await connection.closed;
    expect(connection.received.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(2);
  });

  it('after they ended their side get an answer that came late, also that it failed', async () => {
    await withoutStyles(async () => {
      const connection = await connect();
      connection.socket.end(STYLES);
      await connection.closed;
      expect(connection.received).toMatch(/^HTTP\/1\.1 503 .*"status":503/s);
    });
    expect(answered('/v1/styles')).toEqual([503]);
    expect(errors()).toHaveLength(1);
  });

  it.each(['close their connection', 'reset it'])('before a failure and %s are no failure of ours', async (how) => {
    await withoutStyles(async () => {
      for (const request of [STYLES, UPLOAD]) {
        const connection = await connect();
        await connection.send(request);
        await waiting();
        if (how === 'reset it') connection.socket.resetAndDestroy();
        else connection.close();
        await connection.closed;
      }
      const noted = (): number => lines().filter(({ message }) => /client has gone/.test(String(message))).length;
      await until('both are given up', () => noted() === 2);
    });
    expect([answered('/v1/styles'), answered('/v1/renders')]).toEqual([[499], [499]]);
    expect(errors()).toEqual([]);
    const scrape = await Scrape.of(deployment.apiUrl);
    expect(scrape.value('http_errors_total', { endpoint: '/v1/styles', status: '499' })).toBe(1);
    for (const endpoint of ['/v1/styles', '/v1/renders']) {
      for (const status of ['500', '503']) {
        expect(scrape.value('http_requests_total', { endpoint, status }) ?? 0).toBe(0);
      }
    }
  });

  it.each([
    ['while the database is asked', STYLES],
    ['while an upload is checked', UPLOAD],
    ['in the middle of an upload', UPLOAD.subarray(0, 2_000)],
    [
      'in the middle of a chunk',
      Buffer.concat([Buffer.from(uploadHead()), chunk(FIELDS + fileStart() + 'x'.repeat(100))]),
    ],
  ])('before the shutdown, %s, leave no ERROR and no 5xx', async (what, request) => {
    const leave = async (): Promise<void> => {
      const connection = await connect();
      await connection.send(request);
      if (what.startsWith('in the')) {
        await until('it is on disk', async () => (await deployment.temporaryFiles()).length > 0);
      } else await waiting();
      connection.close();
    };
    await withoutStyles(async () => {
      await leave();
      api.kill('SIGTERM');
      expect(await api.ended).toEqual({ code: 0, signal: null });
    });
    expect([...answered('/v1/styles'), ...answered('/v1/renders')].filter((status) => status !== 400)).toEqual(
      what.startsWith('in the') ? expect.any(Array) : [499],
    );
    expect(errors()).toEqual([]);
  });
});
