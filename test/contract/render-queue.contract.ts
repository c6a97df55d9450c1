import { randomUUID } from 'node:crypto';
import {
  DependencyError,
  RequestError,
  type RenderAttempt,
  type RenderConsumer,
  type RenderJob,
  type RenderJobHandler,
  type RenderQueue,
} from '#core';

export interface QueueFixture {
  readonly queue: RenderQueue;
  openConsumer(concurrency?: number): RenderConsumer;
  close(): Promise<void>;
}

const newJob = (): RenderJob => ({
  renderId: randomUUID(),
  assetId: randomUUID(),
  styleId: randomUUID(),
  sizePresetId: randomUUID(),
});

async function until<T>(what: string, probe: () => Promise<T | false> | T | false, limitMs = 20_000): Promise<T> {
  const deadline = Date.now() + limitMs;
  for (;;) {
    const value = await probe();
    if (value !== false) return value;
    if (Date.now() > deadline) throw new Error(`Waited in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

/** What every render queue promises. `openQueue` gives an empty one. */
export function renderQueueContract(openQueue: () => Promise<QueueFixture>): void {
  let fixture: QueueFixture;
  let consumers: RenderConsumer[];

  beforeEach(async () => {
    fixture = await openQueue();
    consumers = [];
  });
  afterEach(async () => {
    await Promise.all(consumers.map((consumer) => consumer.drain()));
    await fixture.close();
  });

  async function consume(handler: RenderJobHandler, concurrency?: number): Promise<RenderConsumer> {
    const consumer = fixture.openConsumer(concurrency);
    consumers.push(consumer);
    await consumer.start(handler);
    return consumer;
  }

  it('hands each job to a consumer with its ids and nothing else', async () => {
    const jobs = [newJob(), newJob(), newJob()];
    for (const job of jobs) expect(await fixture.queue.enqueue(job, 1)).toBe(`${job.renderId}-1`);
    expect(await fixture.queue.counts()).toEqual({ waiting: 3, active: 0, delayed: 0, failed: 0 });
    const seen: RenderJob[] = [];
    await consume(async (job) => void seen.push(job));
    await until('all are seen', () => seen.length === 3);
    expect(seen).toEqual(jobs);
    await until('the queue is empty', async () => {
      const { waiting, active } = await fixture.queue.counts();
      return waiting === 0 && active === 0;
    });
  });

  it('runs a job once, however often it is added', async () => {
    const job = newJob();
    let runs = 0;
    await fixture.queue.enqueue(job, 1);
    await fixture.queue.enqueue(job, 1);
    await consume(async () => void runs++);
    await until('it ran', () => runs === 1);
    await fixture.queue.enqueue(job, 1);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(runs).toBe(1);
  });

  it('runs another generation of the same render', async () => {
    const job = newJob();
    const seen: string[] = [];
    await fixture.queue.enqueue(job, 1);
    await consume(async ({ renderId }) => void seen.push(renderId));
    await until('the first ran', () => seen.length === 1);
    expect(await fixture.queue.enqueue(job, 2)).toBe(`${job.renderId}-2`);
    await until('the second ran', () => seen.length === 2);
  });

  it('knows which jobs it holds', async () => {
    const job = newJob();
    expect(await fixture.queue.holds(`${job.renderId}-1`)).toBe(false);
    const id = await fixture.queue.enqueue(job, 1);
    expect(await fixture.queue.holds(id)).toBe(true);
    let finish: () => void = () => undefined;
    const work = new Promise<void>((resolve) => (finish = resolve));
    let runs = 0;
    await consume(() => (runs++, work));
    await until('it runs', () => runs === 1);
    expect(await fixture.queue.holds(id)).toBe(true);
    finish();
    await until('it has ended', async () => !(await fixture.queue.holds(id)));
  });

  it('tries a transient fault again after a pause and says when it is the last time', async () => {
    const attempts: Pick<RenderAttempt, 'number' | 'retryLeft'>[] = [];
    await fixture.queue.enqueue(newJob(), 1);
    await consume(async (_job, { number, retryLeft }) => {
      attempts.push({ number, retryLeft });
      throw new DependencyError('storage_unavailable', 'Object storage is unavailable');
    });
    await until('it is given up', async () => (await fixture.queue.counts()).failed === 1, 60_000);
    expect(attempts).toEqual([
      { number: 1, retryLeft: true },
      { number: 2, retryLeft: true },
      { number: 3, retryLeft: false },
    ]);
  }, 70_000);

  it('does not try a permanent fault again', async () => {
    let runs = 0;
    await fixture.queue.enqueue(newJob(), 1);
    await consume(async () => {
      runs++;
      throw new RequestError('not_found', 'Render not found');
    });
    await until('it has failed', async () => (await fixture.queue.counts()).failed === 1);
    expect(runs).toBe(1);
  });

  it('lets running work finish when drained, and starts no other', async () => {
    const [first, second] = [newJob(), newJob()];
    await fixture.queue.enqueue(first, 1);
    await fixture.queue.enqueue(second, 1);
    const finished: string[] = [];
    let started = 0;
    const consumer = await consume(async ({ renderId }) => {
      started++;
      await new Promise((resolve) => setTimeout(resolve, 500));
      finished.push(renderId);
    });
    await until('the first runs', () => started === 1);
    await consumer.drain();
    expect(finished).toEqual([first.renderId]);
    expect((await fixture.queue.counts()).waiting).toBe(1);
  });

  it('runs as many jobs side by side as asked', async () => {
    let running = 0;
    let most = 0;
    for (let i = 0; i < 4; i++) await fixture.queue.enqueue(newJob(), 1);
    let done = 0;
    await consume(async () => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, 300));
      running--;
      done++;
    }, 2);
    await until('all are done', () => done === 4);
    expect(most).toBe(2);
  });

  it('answers a ping on both ends', async () => {
    await fixture.queue.ping();
    const consumer = await consume(async () => undefined);
    await consumer.ping();
  });
}
