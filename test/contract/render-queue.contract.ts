import { randomUUID } from 'node:crypto';

import {
  DependencyError,
  MAX_QUEUE_RANK,
  RenderError,
  RequestError,
  type RenderJob,
  type QueueOperations,
  type RenderQueue,
} from '#core';
import type { ConsumerApplication, RenderJobHandler } from '../support/consumer-application.js';

/** What the consumers of the contract are called by the queue. */
export const WORKER_NAME = 'worker-of-the-contract';

export interface QueueFixture {
  readonly queue: RenderQueue & { readonly operations: QueueOperations };
  openConsumer(concurrency?: number): ConsumerApplication;
  close(): Promise<void>;
}

/** On PostgreSQL an idle worker looks for jobs whose pause is over only every few seconds. */
const PATIENCE_MS = 60_000;

const newJob = (): RenderJob => ({
  renderId: randomUUID(),
  assetId: randomUUID(),
  styleId: randomUUID(),
  sizePresetId: randomUUID(),
  requestId: 'order-17',
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
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
  let consumers: ConsumerApplication[];

  beforeEach(async () => {
    fixture = await openQueue();
    consumers = [];
  });
  afterEach(async () => {
    await Promise.all(consumers.map((consumer) => consumer.drain(10_000)));
    await fixture.close();
  });

  async function consume(handler: RenderJobHandler, concurrency?: number): Promise<ConsumerApplication> {
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

  /** Whether the job waits or runs, by both ways to ask. */
  async function isLive(id: string): Promise<boolean> {
    const [found, listed] = [await fixture.queue.findLiveJobs([id, 'no-job-1']), await fixture.queue.listLiveJobs()];
    expect([...found].filter((other) => other !== id)).toEqual([]);
    expect(listed.has(id)).toBe(found.has(id));
    return found.has(id);
  }

  it('adds many jobs at once in their order, and none a second time', async () => {
    const { queue } = fixture;
    const jobs = Array.from({ length: 1_200 }, newJob);
    await queue.enqueue(jobs[3], 1);
    await queue.enqueueAll(jobs.map((job) => ({ job, generation: 1 })));
    await queue.enqueueAll(jobs.slice(0, 700).map((job) => ({ job, generation: 1 })));
    await queue.enqueueAll([]);
    expect(await queue.counts()).toEqual({ waiting: 1_200, active: 0, delayed: 0, failed: 0 });
    expect(await queue.operations.find(`${jobs[700].renderId}-1`)).toMatchObject({ job: jobs[700], state: 'waiting' });
    const ids = jobs.map(({ renderId }) => `${renderId}-1`);
    expect(await queue.findLiveJobs([...ids, 'no-job-1'])).toEqual(new Set(ids));
    expect(await queue.findLiveJobs([])).toEqual(new Set());
    expect(await queue.listLiveJobs()).toEqual(new Set(ids));
    const seen: RenderJob[] = [];
    await consume(async (job) => void seen.push(job));
    await until('the first are seen', () => seen.length > 20);
    const expected = [jobs[3], ...jobs.slice(0, 3), ...jobs.slice(4)];
    expect(seen.slice(0, 20)).toEqual(expected.slice(0, 20));
  });

  it('takes jobs by their rank, those of one rank as they came, and those without one first', async () => {
    const { queue } = fixture;
    const [a1, a2, a3, b1, c1, early, late] = Array.from({ length: 7 }, newJob);
    await queue.enqueue(late, 1, MAX_QUEUE_RANK);
    for (const [index, job] of [a1, a2, a3].entries()) await queue.enqueue(job, 1, index + 1);
    await queue.enqueue(b1, 1, 1);
    await queue.enqueueAll([
      { job: c1, generation: 1, rank: 2 },
      { job: early, generation: 1, rank: null },
    ]);
    expect(await queue.counts()).toEqual({ waiting: 7, active: 0, delayed: 0, failed: 0 });
    expect(await queue.operations.find(`${a1.renderId}-1`)).toMatchObject({ job: a1, state: 'waiting' });
    expect(await isLive(`${late.renderId}-1`)).toBe(true);
    const seen: RenderJob[] = [];
    await consume(async (job) => void seen.push(job));
    await until('all are seen', () => seen.length === 7);
    expect(seen).toEqual([early, a1, b1, a2, c1, a3, late]);
  });

  it('keeps the rank of a job that is released or retried', async () => {
    const { queue } = fixture;
    const [first, second] = [newJob(), newJob()];
    await queue.enqueue(first, 1, 1);
    await queue.enqueue(second, 1, 1);
    let isRunning = false;
    const consumer = await consume(
      (_job, { signal }) =>
        new Promise((_resolve, reject) => {
          isRunning = true;
          signal.addEventListener('abort', () => reject(signal.reason as Error));
        }),
    );
    await until('the first runs', () => isRunning);
    await consumer.drain(50);
    await queue.enqueue(newJob(), 1, 2);
    const seen: string[] = [];
    const errors = [new RenderError('internal', 'Unforeseen')];
    await consume(async ({ renderId }) => {
      seen.push(renderId);
      await queue.operations.pause();
      const error = errors.shift();
      if (error) throw error;
    });
    await until('it has failed once', async () => (await queue.counts()).delayed === 1);
    // Its pause is over before the queue goes on.
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    await queue.enqueue(newJob(), 1, 2);
    await queue.operations.resume();
    await until('another was taken', () => seen.length === 2, PATIENCE_MS);
    expect(seen[0]).toBe(first.renderId);
    expect([first.renderId, second.renderId]).toContain(seen[1]);
  }, 70_000);

  it('holds jobs of any rank back while paused', async () => {
    const { queue } = fixture;
    await queue.operations.pause();
    await queue.enqueueAll([{ job: newJob(), generation: 1, rank: 5 }]);
    const seen: string[] = [];
    await consume(async ({ renderId }) => void seen.push(renderId));
    await until('its worker is connected', async () => (await queue.operations.state()).workers.length === 1);
    expect(await queue.operations.state()).toMatchObject({ waiting: 1, active: 0, paused: true });
    expect(seen).toEqual([]);
    await queue.operations.resume();
    await until('it ran', () => seen.length === 1);
  });

  it('knows which jobs are alive: those that wait, run or pause, not those that have ended', async () => {
    const [job, failing] = [newJob(), newJob()];
    expect(await isLive(`${job.renderId}-1`)).toBe(false);
    const id = await fixture.queue.enqueue(job, 1);
    expect(await isLive(id)).toBe(true);
    let finish: () => void = () => undefined;
    const work = new Promise<void>((resolve) => (finish = resolve));
    let runs = 0;
    await consume(() => (runs++, work));
    await until('it runs', () => runs === 1);
    expect(await isLive(id)).toBe(true);
    finish();
    await until('it has ended', async () => (await fixture.queue.counts()).active === 0);
    expect(await isLive(id)).toBe(false);
    await consumers.pop()!.drain(10_000);

    const errors = [new RenderError('internal', 'Unforeseen'), new RequestError('not_found', 'Render not found')];
    const failingId = await fixture.queue.enqueue(failing, 1);
    await consume(async () => {
      throw errors.shift()!;
    });
    await until('it waits for its second try', async () => (await fixture.queue.counts()).delayed === 1);
    expect(await isLive(failingId)).toBe(true);
    await until('it has failed', async () => (await fixture.queue.counts()).failed === 1, PATIENCE_MS);
    expect(await isLive(failingId)).toBe(false);
  }, 70_000);

  it('tries again after growing pauses, as often as the error is worth it', async () => {
    const starts: number[] = [];
    const numbers: number[] = [];
    await fixture.queue.enqueue(newJob(), 1);
    await consume(async (_job, { number }) => {
      starts.push(performance.now());
      numbers.push(number);
      throw new RenderError('internal', 'Unforeseen');
    });
    await until('it is given up', async () => (await fixture.queue.counts()).failed === 1, PATIENCE_MS);
    expect(numbers).toEqual([1, 2, 3]);
    expect(starts[1] - starts[0]).toBeGreaterThan(450);
    expect(starts[2] - starts[1]).toBeGreaterThan(950);
  }, 70_000);

  it('tries again for much longer when a server is unreachable', async () => {
    const numbers: number[] = [];
    await fixture.queue.enqueue(newJob(), 1);
    await consume(async (_job, { number }) => {
      numbers.push(number);
      if (number < 4) throw new DependencyError('storage_unavailable', 'Object storage is unavailable');
    });
    await until('it has come through', () => numbers.length === 4, PATIENCE_MS);
    expect((await fixture.queue.counts()).failed).toBe(0);
  }, 70_000);

  it('does not try a permanent failure again', async () => {
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
    await consumer.drain(10_000);
    expect(finished).toEqual([first.renderId]);
    expect((await fixture.queue.counts()).waiting).toBe(1);
  });

  it('gives work back that does not finish in time when drained, and counts it as no try', async () => {
    const job = newJob();
    await fixture.queue.enqueue(job, 1);
    const numbers: number[] = [];
    const reasons: unknown[] = [];
    const endless: RenderJobHandler = (_job, { number, signal }) =>
      new Promise((_resolve, reject) => {
        numbers.push(number);
        signal.addEventListener('abort', () => {
          reasons.push(signal.reason);
          reject(signal.reason as Error);
        });
      });
    const consumer = await consume(endless);
    await until('it runs', () => numbers.length === 1);
    await consumer.drain(200);
    expect(reasons).toEqual([expect.objectContaining({ code: 'render_aborted' })]);
    expect(await fixture.queue.counts()).toMatchObject({ waiting: 1, active: 0, failed: 0 });
    await consume(async (_job, { number }) => void numbers.push(number));
    await until('another takes it', () => numbers.length === 2);
    expect(numbers).toEqual([1, 1]);
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

  it('holds jobs back while paused, and reports it', async () => {
    const { queue } = fixture;
    await queue.operations.pause();
    const job = newJob();
    const id = await queue.enqueue(job, 1);
    const seen: string[] = [];
    const consumer = await consume(async ({ renderId }) => void seen.push(renderId));
    const worker = WORKER_NAME;
    await until('its worker is connected', async () => (await queue.operations.state()).workers.includes(worker));
    await consumer.ping();
    await queue.ping();
    expect(await queue.operations.state()).toEqual({
      ...{ waiting: 1, active: 0, delayed: 0, failed: 0 },
      paused: true,
      workers: [worker],
    });
    expect(await queue.counts()).toEqual({ waiting: 1, active: 0, delayed: 0, failed: 0 });
    expect(await isLive(id)).toBe(true);
    expect(seen).toEqual([]);
    await queue.operations.resume();
    await until('it ran', () => seen.length === 1);
    expect(await queue.operations.state()).toMatchObject({ waiting: 0, paused: false });
  });

  it('reports the outcome of a job and its worker', async () => {
    const { queue } = fixture;
    const job = newJob();
    expect(await queue.operations.find(`${job.renderId}-1`)).toBeNull();
    const id = await queue.enqueue(job, 1);
    expect(await queue.operations.find(id)).toMatchObject({ id, job, state: 'waiting', tries: 0, worker: null });
    await consume(async () => {
      throw new RequestError('not_found', 'Render not found');
    });
    const failed = await until('it failed', async () => {
      const found = await queue.operations.find(id);
      return found?.state === 'failed' && found;
    });
    expect(failed).toMatchObject({ tries: 1, worker: WORKER_NAME, error: 'Render not found' });
    expect(failed.finishedAt!.getTime()).toBeGreaterThanOrEqual(failed.startedAt!.getTime());
    expect(failed.stack[0]).toContain('Render not found');
  });

  it('lists failed jobs page by page, oldest failure first, and removes no other', async () => {
    const { queue } = fixture;
    const jobs = [newJob(), newJob(), newJob()];
    const ids: string[] = [];
    for (const job of jobs) ids.push(await queue.enqueue(job, 1));
    const failures: string[] = [];
    await consume(async ({ renderId }) => {
      failures.push(renderId);
      // Redis keeps the milliseconds of failures, not their order.
      await new Promise((resolve) => setTimeout(resolve, 5));
      throw new RequestError('not_found', 'Render not found');
    });
    await until('all failed', async () => (await queue.counts()).failed === 3);
    await queue.operations.pause();
    const waiting = await queue.enqueue(newJob(), 1);
    const first = await queue.operations.listFailed(0, 2);
    const rest = await queue.operations.listFailed(2, 2);
    expect([...first, ...rest].map(({ job }) => job.renderId)).toEqual(failures);
    expect(await queue.operations.removeFailed(ids[0])).toBe(true);
    expect(await queue.operations.removeFailed(ids[0])).toBe(false);
    expect(await queue.operations.removeFailed(waiting)).toBe(false);
    expect(await queue.counts()).toMatchObject({ waiting: 1, failed: 2 });
  });

  it('answers a ping on both ends', async () => {
    await fixture.queue.ping();
    const consumer = await consume(async () => undefined);
    await consumer.ping();
  });
}
