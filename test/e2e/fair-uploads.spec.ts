import { flatWebp, manyScansJpeg } from '../support/costly-photos.js';
import { type Answer, ApiClient } from '../support/client.js';
import { Deployment } from '../support/deployment.js';
import { Scrape } from '../support/metrics.js';
import { FLOWER } from '../support/photos.js';
import { descendantsOf, type Program, until } from '../support/processes.js';
import { BOUNDARY, FIELDS, fileStart, RawConnection, uploadHead } from '../support/raw-connection.js';

jest.setTimeout(120_000);

const SIDE = 10_000;

describe('photos of several clients', () => {
  let deployment: Deployment;
  let api: Program;
  let client: ApiClient;
  beforeEach(async () => {
    const env = { TRUSTED_PROXIES: 'loopback' };
    deployment = await Deployment.prepare({ queue: 'postgres', storage: 'filesystem', env });
    api = await deployment.startApi();
    client = new ApiClient(deployment.apiUrl);
  });
  afterEach(() => deployment.close());

  const from = (address: string) => ({ 'X-Forwarded-For': address });
  const send = (photo: Buffer, address: string): Promise<Answer> => client.createRender(photo, {}, from(address));

  const scrape = (): Promise<Scrape> => Scrape.of(deployment.apiUrl);
  const running = async (lane: string): Promise<number> =>
    (await scrape()).value('inspections', { lane, state: 'running' }) ?? 0;

  it("guarantee: one client's photos never delay another's upload", async () => {
    await send(FLOWER(), '203.0.113.1');
    const attacks = ['203.0.113.1', '203.0.113.2', '203.0.113.3'].flatMap((address) =>
      Array.from({ length: 6 }, () => send(flatWebp(SIDE), address)),
    );
    let answered = 0;
    for (const attack of attacks) void attack.finally(() => answered++);
    await until('they wait', async () => (await running('costly')) > 0);
    const left: number[] = [];
    for (let i = 0; i < 3; i++) {
      expect((await send(FLOWER(), '198.51.100.7')).status).toBe(201);
      left.push(attacks.length - answered);
    }
    // Also one of those that attack, with a cheap photo.
    expect((await send(FLOWER(), '203.0.113.2')).status).toBe(201);
    expect(left[0]).toBeGreaterThan(5);
    const statuses = (await Promise.all(attacks)).map(({ status }) => status);
    expect(statuses.filter((status) => ![201, 429, 503].includes(status))).toEqual([]);
  });

  it('are refused with 429 and a time to come back when a client has its share', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => send(flatWebp(SIDE), '203.0.113.1')));
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThan(5);
    expect(refused[0]).toMatchObject({ body: { error: 'Too many of your photos wait to be checked', status: 429 } });
    expect(Number(refused[0].headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    expect((await scrape()).value('inspection_refusals_total', { reason: 'client_share' })).toBe(refused.length);
    expect(JSON.stringify(answers.map(({ body }) => body as object)) + api.output).not.toContain('203.0.113');
  });

  it('with more scans than a photo needs are refused before they are decoded', async () => {
    const refused = await send(manyScansJpeg(SIDE, 31), '203.0.113.1');
    expect(refused).toMatchObject({
      status: 400,
      body: {
        error: 'Image takes too much memory or time to decode',
        message: expect.stringContaining('at most 30 scans'),
      },
    });
    expect((await send(manyScansJpeg(500, 30), '203.0.113.1')).status).toBe(201);
  });

  it('are withdrawn, waiting or being decoded, when their clients have closed the connection', async () => {
    await send(FLOWER(), '203.0.113.1');
    const photo = manyScansJpeg(SIDE, 30);
    const form = Buffer.concat([Buffer.from(FIELDS + fileStart()), photo, Buffer.from(`\r\n--${BOUNDARY}--\r\n`)]);
    const head = uploadHead([`Content-Length: ${form.length}`, 'X-Forwarded-For: 203.0.113.1']);
    const connections: RawConnection[] = [];
    for (let i = 0; i < 5; i++) {
      const connection = await RawConnection.open(deployment.apiUrl);
      await connection.send(Buffer.concat([Buffer.from(head), form]));
      connections.push(connection);
      if (i > 0) continue;
      await until('it is being decoded', async () => (await running('costly')) === 1);
      for (const child of await descendantsOf(api.pid)) process.kill(child, 'SIGSTOP');
    }
    await until('the others wait', async () => {
      return (await scrape()).value('inspections', { lane: 'costly', state: 'waiting' }) === 4;
    });
    for (const connection of connections) connection.close();
    await until('all are given up', async () => (await scrape()).value('inspections_withdrawn_total') === 5);
    const lines = api.output.split('\n').filter((line) => line.includes('"Request answered"'));
    expect(lines.filter((line) => line.includes('"status":499'))).toHaveLength(5);
    expect(api.output).not.toMatch(/"level":"(ERROR|WARNING)"[^\n]*inspected a photo died/);
    expect((await send(FLOWER(), '203.0.113.1')).status).toBe(201);
    expect((await scrape()).value('child_process_deaths_total', { pool: 'inspection' })).toBe(0);
  });

  it('are checked for clients that have ended their side and wait', async () => {
    await send(FLOWER(), '203.0.113.1');
    const form = Buffer.concat([
      Buffer.from(FIELDS + fileStart()),
      manyScansJpeg(SIDE, 30),
      Buffer.from(`\r\n--${BOUNDARY}--\r\n`),
    ]);
    const head = uploadHead([`Content-Length: ${form.length}`]);
    const connections = await Promise.all(Array.from({ length: 3 }, () => RawConnection.open(deployment.apiUrl)));
    for (const { socket } of connections) socket.end(Buffer.concat([Buffer.from(head), form]));
    await Promise.all(connections.map(({ closed }) => closed));
    for (const { received } of connections) {
      // What has waited long has had interim answers before.
      expect(received).toMatch(/^(HTTP\/1\.1 102 Processing\r\n\r\n)*HTTP\/1\.1 (201|400) /);
    }
    expect((await scrape()).value('inspections_withdrawn_total')).toBe(0);
  });
});
