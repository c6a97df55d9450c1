import pg from 'pg';
import { Deployment } from '../support/deployment.js';
import { LONG_RUN } from '../support/long-run.js';
import { Scrape } from '../support/metrics.js';
import { FLOWER } from '../support/photos.js';
import { type Program, until } from '../support/processes.js';
import { chunk, FIELDS, fileStart, RawConnection, uploadHead } from '../support/raw-connection.js';

jest.setTimeout(90_000);

const PROCESSES = LONG_RUN ? ['1', '2'] : ['2'];
const ATTACKER = '127.0.0.66';
const CLIENT = '127.0.0.1';
const request = (path: string, ...headers: string[]): string =>
  ['GET ' + path + ' HTTP/1.1', 'Host: localhost', ...headers, '', ''].join('\r\n');

let deployment: Deployment;
let api: Program;
const open: RawConnection[] = [];

async function start(env: Record<string, string>): Promise<void> {
  deployment = await Deployment.prepare({ queue: 'postgres', storage: 'filesystem', env });
  api = await deployment.startApi();
  const processes = Number(deployment.env.WORKER_COUNT);
  await until('every process listens', () => api.output.split('API ready').length > processes);
}
const stop = (): Promise<void> => deployment.close();
afterEach(() => {
  for (const connection of open.splice(0)) connection.close();
});

async function connect(from: string): Promise<RawConnection> {
  const connection = await RawConnection.open(deployment.apiUrl, from);
  open.push(connection);
  return connection;
}

/** The answer to a request on a connection of its own. */
async function ask(path: string, from = CLIENT): Promise<{ status: number; head: string; body: string }> {
  const connection = await connect(from);
  await connection.send(request(path, 'Connection: close'));
  await connection.closed;
  const [head, body] = connection.received.split('\r\n\r\n');
  return { status: Number(head.split(' ')[1]), head, body };
}

/** Connections with a request in progress: uploads that have begun, one after the other, so that processes take turns. */
async function busy(count: number, from: string): Promise<RawConnection[]> {
  const all: RawConnection[] = [];
  const files = async (): Promise<number> => (await deployment.temporaryFiles()).length;
  for (let before = await files(); all.length < count; before++) {
    const connection = await connect(from);
    all.push(connection);
    await connection.send(uploadHead());
    await connection.send(chunk(FIELDS + fileStart()));
    await connection.send(chunk(FLOWER()));
    await until('it has begun', async () => (await files()) > before);
  }
  return all;
}

async function counted(reason: string): Promise<number> {
  return (await Scrape.of(deployment.apiUrl)).value('http_connections_closed_total', { reason })!;
}

describe.each(PROCESSES)(
  'guarantee: connections of one client never lock out another client or a probe',
  (processes) => {
    const MAX_CONNECTIONS = 12;
    beforeAll(() =>
      start({
        MAX_CONNECTIONS: String(MAX_CONNECTIONS),
        MAX_CONNECTIONS_PER_CLIENT: String(MAX_CONNECTIONS),
        WORKER_COUNT: processes,
      }),
    );
    afterAll(stop);

    const many = 4 * MAX_CONNECTIONS;
    const attacks: [string, (connection: RawConnection) => Promise<unknown>][] = [
      [
        'idle ones',
        async (connection) => {
          await connection.send(request('/health/liveness'));
          await until('it is idle', () => connection.isClosed || connection.received.includes('alive'));
        },
      ],
      ['silent ones', async () => undefined],
      ['ones whose headers do not end', (connection) => connection.send('GET /v1/styles HTTP/1.1\r\nHost: local')],
      [
        'idle ones that begin a request',
        async (connection) => {
          await connection.send(request('/health/liveness'));
          await until('it is idle', () => connection.isClosed || connection.received.includes('alive'));
          await connection.send('GET /v1/st');
        },
      ],
    ];

    it.each(attacks)(`%s, on ${processes} process(es)`, async (_what, attack) => {
      const before = (await counted('idle')) + (await counted('headers'));
      const friend = await connect(CLIENT);
      await friend.send(request('/v1/styles'));
      await friend.answer();
      for (let i = 0; i < many; i++) await attack(await connect(ATTACKER));
      for (let i = 0; i < 4; i++) {
        expect((await ask('/v1/styles')).status).toBe(200);
        expect((await ask('/health/readiness')).status).toBe(200);
        // Neither is the attacker itself shut out.
        expect((await ask('/v1/styles', ATTACKER)).status).toBe(200);
      }
      // One who holds little loses nothing.
      expect(friend.isClosed).toBe(false);
      expect((await counted('idle')) + (await counted('headers'))).toBeGreaterThan(before);
    });
  },
);

describe.each(PROCESSES)(
  'guarantee: connections of one client never lock out another client or a probe',
  (processes) => {
    beforeAll(() => start({ MAX_CONNECTIONS: '2', WORKER_COUNT: processes }));
    afterAll(stop);

    it(`uploads in progress, on ${processes} process(es): probes and scrapes are answered, others asked to come back`, async () => {
      const uploads = await busy(2 * Number(processes), ATTACKER);
      for (let i = 0; i < 4; i++) {
        const refused = await ask('/v1/styles');
        expect([refused.status, JSON.parse(refused.body)]).toMatchObject([
          503,
          { error: 'Too many connections at once' },
        ]);
        expect(refused.head).toMatch(/^Retry-After: \d+$/im);
        for (const path of ['/health', '/health/liveness', '/health/readiness', '/metrics']) {
          expect((await ask(path)).status).toBe(200);
        }
      }
      // The last of its connection, though the client asks for more.
      const probe = await connect(CLIENT);
      await probe.send(request('/health/liveness'));
      expect((await probe.answer()).head).toMatch(/^Connection: close$/im);
      await probe.closed;
      expect(uploads.map(({ isClosed }) => isClosed)).not.toContain(true);
      for (const upload of uploads) upload.close();
      await until('there is room', async () => (await ask('/v1/styles')).status === 200);
    });
  },
);

describe('the connections of one client', () => {
  afterEach(stop);

  it('have a share; what is over it is refused while all are busy, and others are served', async () => {
    await start({ MAX_CONNECTIONS: '50', MAX_CONNECTIONS_PER_CLIENT: '2' });
    await busy(2, ATTACKER);
    const refused = await ask('/v1/styles', ATTACKER);
    expect([refused.status, JSON.parse(refused.body)]).toMatchObject([
      429,
      { error: 'Too many connections of one client' },
    ]);
    expect(refused.head).toMatch(/^Retry-After: \d+$/im);
    expect((await ask('/health/liveness', ATTACKER)).status).toBe(200);
    expect((await ask('/v1/styles')).status).toBe(200);
  });

  it('have none when they come from a trusted proxy', async () => {
    await start({ MAX_CONNECTIONS: '50', MAX_CONNECTIONS_PER_CLIENT: '2', TRUSTED_PROXIES: ATTACKER });
    await busy(4, ATTACKER);
    expect((await ask('/v1/styles', ATTACKER)).status).toBe(200);
  });
});

describe('requests that are pipelined', () => {
  beforeAll(() => start({}));
  afterAll(stop);

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

  it('are all answered in their order, refusals too', async () => {
    const connection = await connect(CLIENT);
    await withoutStyles(async () => {
      await connection.send(
        request('/v1/styles') + request('/nothing') + request('/v1/renders/x', 'Connection: close'),
      );
      // The first waits, and the others for it.
      await until('the others are refused', () => api.output.includes('Invalid UUID format'));
    });
    await connection.closed;
    expect(connection.received.match(/HTTP\/1\.1 \d+/g)).toEqual([200, 404, 400].map((status) => `HTTP/1.1 ${status}`));
  });

  it('are ended with their connection, every one', async () => {
    const gone = async (endpoint: string): Promise<number> =>
      (await Scrape.of(deployment.apiUrl)).value('http_requests_total', { endpoint, status: '499' }) ?? 0;
    await withoutStyles(async () => {
      const connection = await connect(CLIENT);
      await connection.send(request('/v1/styles').repeat(3));
      await until('the database is asked', async () => {
        const [{ count }] = await deployment.query<{ count: string }>(
          'SELECT count(*) FROM pg_locks WHERE NOT granted',
        );
        return Number(count) > 0;
      });
      connection.close();
      await until('all are over', async () => (await gone('/v1/styles')) === 3);
    });
  });

  it('are refused when they are too many', async () => {
    const connection = await connect(CLIENT);
    await connection.send(request('/v1/size-presets').repeat(500));
    await connection.closed;
    const statuses = connection.received.match(/HTTP\/1\.1 \d+/g)!.map((line) => line.slice(-3));
    expect(new Set(statuses.slice(0, -1))).toEqual(new Set(['200']));
    expect(statuses.at(-1)).toBe('429');
    expect(statuses.length).toBeLessThan(50);
  });
});
