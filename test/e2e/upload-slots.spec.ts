import { stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { type Answer, ApiClient } from '../support/client.js';
import { Deployment } from '../support/deployment.js';
import { Scrape } from '../support/metrics.js';
import { FLOWER, flowerAs } from '../support/photos.js';
import { until } from '../support/processes.js';
import { BOUNDARY, chunk, FIELDS, fileStart, RawConnection, uploadHead } from '../support/raw-connection.js';

const KIB = 1024;
/** Of a photo: enough for the parser to open its file. */
const START = '\xff'.repeat(100);
const HONEST = '192.0.2.200';
const attackers = (count: number): string[] => Array.from({ length: count }, (_, i) => `192.0.2.${i + 1}`);

jest.setTimeout(120_000);

describe('upload slots', () => {
  let deployment: Deployment;
  let client: ApiClient;
  const open: RawConnection[] = [];
  const timers: NodeJS.Timeout[] = [];

  async function start(env: Record<string, string>): Promise<void> {
    const settings = { TRUSTED_PROXIES: 'loopback', MAX_CONCURRENT_UPLOADS: '3', ...env };
    deployment = await Deployment.prepare({ queue: 'postgres', storage: 'filesystem', env: settings });
    await deployment.startApi();
    client = new ApiClient(deployment.apiUrl);
  }
  afterEach(async () => {
    for (const timer of timers.splice(0)) clearInterval(timer);
    for (const connection of open.splice(0)) connection.close();
    await until('no upload is on disk', async () => (await deployment.temporaryFiles()).length === 0);
  });
  async function connect(): Promise<RawConnection> {
    const connection = await RawConnection.open(deployment.apiUrl);
    open.push(connection);
    return connection;
  }

  /** An upload that has begun, of `address` as the proxy reports it. */
  async function beginUpload(address: string): Promise<RawConnection> {
    const connection = await connect();
    await connection.send(uploadHead([`X-Forwarded-For: ${address}`]));
    await connection.send(chunk(FIELDS + fileStart() + START));
    return connection;
  }

  /** Uploads that hold a slot each, with a byte now and then. */
  async function drip(addresses: readonly string[]): Promise<RawConnection[]> {
    const before = (await deployment.temporaryFiles()).length;
    const connections = await Promise.all(addresses.map(beginUpload));
    await until('they hold their slots', async () => {
      return (await deployment.temporaryFiles()).length === before + addresses.length;
    });
    for (const connection of connections) timers.push(setInterval(() => void connection.send(chunk('x')), 200));
    return connections;
  }

  function upload(address: string): Promise<Answer> {
    return client.createRender(FLOWER(), {}, { 'X-Forwarded-For': address });
  }

  const answered = (connections: readonly RawConnection[]): RawConnection[] =>
    connections.filter(({ received }) => received.includes('}'));

  async function evictions(): Promise<number | undefined> {
    return (await Scrape.of(deployment.apiUrl)).value('upload_evictions_total');
  }

  describe('guarantee: slow or numerous uploads cost no other client its upload', () => {
    describe('with clients distinguished', () => {
      beforeAll(() => start({ UPLOAD_MIN_KB_PER_SECOND: '0', MAX_UPLOADS_PER_CLIENT: '3' }));
      afterAll(() => deployment.close());

      it('one client holds all slots: one of its uploads gives way', async () => {
        const held = await drip(['192.0.2.1', '192.0.2.1', '192.0.2.1']);
        expect((await upload(HONEST)).status).toBe(201);
        await until('one is answered', () => answered(held).length === 1);
        const { status, body, head } = await answered(held)[0].answer();
        expect([status, body.error]).toEqual([503, 'The upload gave way to another']);
        expect(body.message).toContain('No more than 3 uploads are received at once');
        expect(head).toMatch(/Retry-After: \d+/i);
        expect(await evictions()).toBe(1);
      });

      it('many clients hold a slot each: one that has none gets its own', async () => {
        await drip(attackers(3));
        expect((await upload(HONEST)).status).toBe(201);
      });

      it('a client that has as many as the others is asked to come back', async () => {
        const held = await drip([HONEST, ...attackers(2)]);
        const refused = await upload(HONEST);
        expect([refused.status, refused.body.error]).toEqual([503, 'Too many uploads at once']);
        expect(answered(held)).toEqual([]);
      });
    });

    describe('with a limit for each client', () => {
      beforeAll(() => start({ UPLOAD_MIN_KB_PER_SECOND: '0', MAX_UPLOADS_PER_CLIENT: '2' }));
      afterAll(() => deployment.close());

      it('a client at its limit is refused by 429, others are taken', async () => {
        await drip(['192.0.2.1', '192.0.2.1']);
        const refused = await upload('192.0.2.1');
        expect([refused.status, refused.body.error]).toEqual([429, 'Too many uploads of this client at once']);
        expect(refused.headers.get('retry-after')).toMatch(/^\d+$/);
        expect((await upload(HONEST)).status).toBe(201);
        expect(await evictions()).toBe(0);
      });
    });

    describe('with all clients behind one address', () => {
      beforeAll(() => start({ TRUSTED_PROXIES: '', UPLOAD_GRACE_SECONDS: '600', MAX_UPLOADS_PER_CLIENT: '3' }));
      afterAll(() => deployment.close());

      it('what drips gives way to what comes', async () => {
        const held = await drip(attackers(3));
        await until('there is room', async () => (await upload(HONEST)).status === 201);
        expect(answered(held)).toHaveLength(1);
      });
    });
  });

  describe('guarantee: an upload below the minimum rate is refused, and none at that rate', () => {
    beforeAll(() => start({ UPLOAD_GRACE_SECONDS: '1', UPLOAD_STALL_SECONDS: '2' }));
    afterAll(() => deployment.close());

    it('an upload that drips is refused with the rate that is required', async () => {
      const [connection] = await drip(attackers(1));
      const { status, body } = await connection.answer();
      expect([status, body.error]).toEqual([408, 'The upload is too slow']);
      expect(body.message).toContain('64 KB in the first 1 seconds and 16 KB a second after that');
      await connection.closed;
    });

    it('a burst at the start does not pay for dripping after it', async () => {
      const connection = await beginUpload('192.0.2.1');
      await connection.send(chunk(Buffer.alloc(8 * KIB * KIB)));
      timers.push(setInterval(() => void connection.send(chunk('x')), 200));
      const { status, body } = await connection.answer();
      expect([status, body.error]).toEqual([408, 'The upload is too slow']);
    });

    it('an upload at that rate is taken, though it takes several times the grace period', async () => {
      const connection = await connect();
      await connection.send(uploadHead());
      await connection.send(chunk(FIELDS + fileStart()));
      await connection.send(chunk(FLOWER()));
      for (let i = 0; i < 25; i++) {
        await connection.send(chunk(Buffer.alloc(5 * KIB)));
        await sleep(200);
      }
      await connection.send(chunk(`\r\n--${BOUNDARY}--\r\n`));
      await connection.send('0\r\n\r\n');
      expect((await connection.answer()).status).toBe(201);
    });

    it('a small photo is taken however few bytes it has', async () => {
      const photo = await flowerAs('webp');
      expect(photo.length).toBeLessThan(64 * KIB);
      expect((await client.createRender(photo)).status).toBe(201);
    });
  });

  describe('an upload that has come whole', () => {
    beforeAll(() => start({ MAX_CONCURRENT_UPLOADS: '1' }));
    afterAll(() => deployment.close());

    it('holds no slot while it is recorded', async () => {
      const { host, port, name, user, password } = deployment.database;
      const database = new pg.Client({ host, port, database: name, user, password });
      await database.connect();
      await database.query('BEGIN; LOCK TABLE assets IN ACCESS EXCLUSIVE MODE');
      const first = upload('192.0.2.1');
      await until('it is on disk', async () => {
        const [file] = await deployment.temporaryFiles();
        return file !== undefined && (await stat(file)).size === FLOWER().length;
      });
      const second = upload('192.0.2.1');
      await until('both are', async () => (await deployment.temporaryFiles()).length === 2);
      await database.query('ROLLBACK');
      await database.end();
      for (const { body } of [await first, await second]) expect(body.error).not.toBe('Too many uploads at once');
    });
  });
});
