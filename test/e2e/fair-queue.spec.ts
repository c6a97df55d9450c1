import { type Answer, ApiClient } from '../support/client.js';
import { Deployment } from '../support/deployment.js';
import { LONG_RUN } from '../support/long-run.js';
import { Scrape } from '../support/metrics.js';
import { FLOWER } from '../support/photos.js';
import { RawConnection, uploadHead } from '../support/raw-connection.js';

jest.setTimeout(180_000);

const [A, B, C] = ['192.0.2.77', '198.51.100.78', '203.0.113.79'];
const PER_CLIENT = 6;
const TOTAL = 9;

// Both queues keep the order: the contract of the queue.
const QUEUES = LONG_RUN ? (['redis', 'postgres'] as const) : (['redis'] as const);

describe.each(QUEUES)('clients beside one another, with the queue on %s', (queue) => {
  let deployment: Deployment;
  let client: ApiClient;
  let apiLog: () => string;

  beforeAll(async () => {
    const env = {
      TRUSTED_PROXIES: 'loopback',
      MAX_WAITING_RENDERS: String(TOTAL),
      MAX_WAITING_RENDERS_PER_CLIENT: String(PER_CLIENT),
    };
    deployment = await Deployment.prepare({ queue, storage: 'filesystem', env });
    const api = await deployment.startApi();
    apiLog = () => api.output;
    client = new ApiClient(deployment.apiUrl);
  });
  afterAll(() => deployment.close());

  const submit = (address: string): Promise<Answer> =>
    client.createRender(FLOWER(), {}, { 'X-Forwarded-For': address });

  it("guarantee: one client's renders do not delay another's", async () => {
    const ids = new Map<string, string>();
    for (const address of [A, A, A, A, A, A, B]) {
      const { status, body } = await submit(address);
      expect(status).toBe(201);
      ids.set(body.render_id as string, address);
    }
    await deployment.startWorker();
    for (const id of ids.keys()) expect(await client.ended(id)).toMatchObject({ status: 'completed' });
    await deployment.stopWorkers();
    const rows = await deployment.query<{ id: string; client: string | null }>(
      'SELECT id, client FROM renders ORDER BY started_at',
    );
    expect(rows.map(({ id }) => ids.get(id))).toEqual([A, B, A, A, A, A, A]);
    expect(rows.map((row) => row.client)).toEqual(rows.map(() => null));
  });

  it('guarantee: the number of waiting renders is bounded', async () => {
    const answers = [];
    for (let i = 0; i < PER_CLIENT + 1; i++) answers.push(await submit(A));
    const refused = answers.pop()!;
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 201));
    expect(refused).toMatchObject({
      status: 429,
      body: { error: 'Too many of your renders are waiting', status: 429 },
    });
    const seconds = Number(refused.headers.get('retry-after'));
    expect(seconds).toBeGreaterThanOrEqual(5);
    expect(seconds).toBeLessThanOrEqual(300);

    // Another client is not concerned, until the queue is full.
    for (let i = PER_CLIENT; i < TOTAL; i++) expect((await submit(B)).status).toBe(201);
    const full = await submit(C);
    expect(full).toMatchObject({ status: 503, body: { error: 'Too many renders are waiting' } });
    expect(Number(full.headers.get('retry-after'))).toBeGreaterThanOrEqual(5);
    const scrape = await Scrape.of(deployment.apiUrl);
    expect(scrape.value('upload_rejections_total', { reason: 'too_many_requests' })).toBe(1);
    expect(scrape.value('upload_rejections_total', { reason: 'overloaded' })).toBe(1);
    expect(scrape.value('render_queue_limit')).toBe(TOTAL);
    expect(scrape.value('render_queue_depth')).toBe(TOTAL);
  });

  it('refuses before a byte of the body is there, and leaves nothing of what it refuses', async () => {
    const keys = await deployment.storedKeys();
    const connection = await RawConnection.open(deployment.apiUrl);
    await connection.send(uploadHead(['Content-Length: 40000000', `X-Forwarded-For: ${A}`]));
    const { status, head } = await connection.answer();
    expect(status).toBe(429);
    expect(head).toMatch(/\r\nRetry-After: \d+/i);
    connection.close();
    expect(await deployment.storedKeys()).toEqual(keys);
  });

  it('shows no address in any log line', async () => {
    for (const address of [A, B, C]) expect(apiLog()).not.toContain(address);
  });
});
