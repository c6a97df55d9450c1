import { DependencyError, PhotoError, type JobContext, RenderError, SettingsError } from '#core';
import { createLogger, RecoveryMetrics, RenderMetrics, RenderMetricsModule, Telemetry } from '#observability';
import type { Render, RenderClaim, RenderRepository, RenderResult } from '#persistence';
import { type Counter, register } from 'prom-client';
import type { PrintPublisher } from '../../apps/worker/src/print-publisher.js';
import { RenderProcessor } from '../../apps/worker/src/render.processor.js';
import type { RenderOptions } from '../../apps/worker/src/render-runner/render-engine.js';
import type { AttemptOptions, RenderRunner } from '../../apps/worker/src/render-runner/render-runner.js';
import { provided } from '../support/provided.js';

const JOB = { renderId: 'r1', assetId: 'a1', styleId: 's1', sizePresetId: 'p1' };
const RENDER = { id: 'r1', assetId: 'a1', style: { slug: 'pop-poster' } } as Render;
const LEASE = { renderId: 'r1', token: 't1', attempt: 1 };
const CLAIM: RenderClaim = { kind: 'render', render: RENDER, lease: LEASE };
const RESULT = { durationMs: 1, metadata: {} } as RenderResult;
const storage = new DependencyError('storage_unavailable', 'Object storage is unavailable');

interface Scene {
  readonly run?: (render: Render, token: string, watch: AttemptOptions) => Promise<unknown>;
  readonly claim?: RenderClaim;
  /** Whether the lease is still the newest. */
  readonly held?: () => boolean;
  readonly publish?: () => Promise<boolean>;
  readonly sealed?: () => Promise<boolean>;
  /** What the row makes of a crash. */
  readonly crashed?: () => 'queued' | 'failed';
}

let metrics: RenderMetrics;
let recovery: RecoveryMetrics;

/** The processor over a store that keeps the calls and a runner that does as requested. */
function setUp({
  run = async () => RESULT,
  claim = CLAIM,
  held = () => true,
  publish,
  crashed,
  sealed = async () => held(),
}: Scene) {
  const calls: unknown[] = [];
  const note =
    (name: string, answer: () => unknown = held) =>
    async (_lease: unknown, detail?: unknown) => {
      calls.push(name === 'fail' ? [name, detail] : name);
      return answer();
    };
  const store = {
    claim: async () => claim,
    renew: async () => held(),
    commitResult: note('seal', sealed),
    complete: note('complete'),
    fail: note('fail'),
    release: note('release'),
    recordCrash: note('lose', crashed),
  } as unknown as RenderRepository;
  const publisher = {
    publish: publish ?? note('publish', () => true),
    discard: note('discard', () => undefined),
  } as unknown as PrintPublisher;
  const runner = { run } as unknown as RenderRunner;
  const limits = { timeoutMs: 1000, leaseMs: 60, maxLost: 3 };
  const logger = createLogger('test', { logLevel: 'CRITICAL' });
  const processor = new RenderProcessor(
    ...([store, runner, publisher, metrics, recovery, limits, logger] as const),
    ...([new Telemetry(), 'w'] as const),
  );
  const process = (attempt: Partial<JobContext> = {}) =>
    processor.handle(JOB, { number: 1, signal: new AbortController().signal, ...attempt });
  return { process, calls };
}

const failing = (error: Error) => ({ run: () => Promise.reject(error) });

describe('render processor', () => {
  beforeAll(async () => {
    metrics = await provided(RenderMetrics, RenderMetricsModule);
    recovery = await provided(RecoveryMetrics, RenderMetricsModule);
  });
  afterEach(async () => {
    const [{ value }] = (await metrics.inProgress.get()).values;
    expect(value).toBe(0);
  });

  it('declares its result to be the one before it publishes it', async () => {
    const { process, calls } = setUp({});
    await process();
    expect(calls).toEqual(['seal', 'publish']);
  });

  it('releases a render after a transient failure while an attempt is left', async () => {
    const { process, calls } = setUp(failing(storage));
    await expect(process()).rejects.toBe(storage);
    expect(calls).toEqual(['release', 'discard']);
  });

  it('fails it after the last try', async () => {
    const { process, calls } = setUp(failing(storage));
    await expect(process({ number: 12 })).rejects.toBe(storage);
    expect(calls).toEqual([
      ['fail', { code: 'storage_unavailable', message: 'Object storage is unavailable' }],
      'discard',
    ]);
  });

  it.each([
    [new PhotoError('corrupt_photo', 'Image is corrupt or truncated'), 'Image is corrupt or truncated'],
    [new RenderError('render_timeout', 'Render took longer than 600 seconds'), 'Render took longer than 600 seconds'],
    [
      new SettingsError('pop-poster', [{ field: 'colors', message: 'must be at most 24' }]),
      'Invalid settings for style pop-poster: colors: must be at most 24',
    ],
  ])('fails it at once after %s', async (error, reason) => {
    const { process, calls } = setUp(failing(error));
    await expect(process()).rejects.toBe(error);
    expect(calls).toEqual([['fail', { code: error.code, message: reason }], 'discard']);
  });

  it('reports nothing of an unexpected error to the client', async () => {
    const { process, calls } = setUp(failing(new TypeError('x of undefined at /srv/app')));
    await expect(process({ number: 3 })).rejects.toMatchObject({ code: 'internal' });
    expect(calls).toEqual([
      ['fail', { code: 'internal', message: 'Rendering failed because of an internal error' }],
      'discard',
    ]);
  });

  it('releases it when its claim on the job is lost or the worker stops', async () => {
    const lost = new RenderError('render_aborted', 'Claim on the job was lost');
    const { process, calls } = setUp(failing(lost));
    await expect(process({ signal: AbortSignal.abort(lost), number: 12 })).rejects.toBe(lost);
    expect(calls).toEqual(['release', 'discard']);
  });

  it('stops the work when its lease is lost, and removes its files', async () => {
    let stopped: Error | undefined;
    const run = (_render: Render, _token: string, { signal }: RenderOptions): Promise<never> =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject((stopped = signal.reason as Error)), { once: true });
      });
    const { process, calls } = setUp({ run, held: () => false });
    await process();
    expect(stopped).toMatchObject({ code: 'render_aborted' });
    expect(calls).toEqual(['discard']);
  });

  it('drops a result that comes too late', async () => {
    const { process, calls } = setUp({ held: () => false });
    await process();
    expect(calls).toEqual(['seal', 'discard']);
  });

  it('only publishes what is rendered already', async () => {
    const run = jest.fn();
    const claim: RenderClaim = { kind: 'publish', render: RENDER, lease: LEASE, resultToken: 't0' };
    const { process, calls } = setUp({ run, claim });
    await process();
    expect(run).not.toHaveBeenCalled();
    expect(calls).toEqual(['publish']);
  });

  it('never removes the files of a result that counts', async () => {
    const publish = (): Promise<boolean> => Promise.reject(storage);
    const { process, calls } = setUp({ publish });
    await expect(process()).rejects.toBe(storage);
    expect(calls).toEqual(['seal', 'release']);
  });

  it('removes no files when it cannot know whether its result counts', async () => {
    const outage = new DependencyError('database_unavailable', 'Database is unavailable');
    const { process, calls } = setUp({ sealed: () => Promise.reject(outage) });
    await expect(process()).rejects.toBe(outage);
    expect(calls).toEqual(['seal', 'release']);
  });

  it('has the row count crashes, and fails a photo that is poison', async () => {
    const crash = new RenderError('engine_crashed', 'The render process died');
    const { process, calls } = setUp({ ...failing(crash), crashed: () => 'queued' });
    await expect(process({ number: 9 })).rejects.toBe(crash);
    expect(calls).toEqual(['lose', 'discard']);
    const last = setUp({ ...failing(crash), crashed: () => 'failed' });
    await expect(last.process()).rejects.toMatchObject({ code: 'poison_photo', cause: crash });
    expect(last.calls).toEqual(['lose', 'discard']);
  });

  it('has a render that another holds come back later', async () => {
    const run = jest.fn();
    const { process, calls } = setUp({ run, claim: { kind: 'held' } });
    await expect(process()).rejects.toMatchObject({ code: 'render_held' });
    expect(run).not.toHaveBeenCalled();
    expect(calls).toEqual([]);
  });

  it.each(['queued', 'failed'] as const)('counts a worker that was lost before (%s)', async (status) => {
    const count = async (metric: 'stalled' | 'jobs'): Promise<number> => {
      const name = metric === 'stalled' ? 'renders_stalled_total' : 'render_jobs_total';
      const { values } = await (register.getSingleMetric(name) as Counter).get();
      const counted = values.find(
        ({ labels }) => metric === 'stalled' || ('style' in labels && labels.style === 'watercolor'),
      );
      return counted?.value ?? 0;
    };
    const before = [await count('stalled'), await count('jobs')];
    const { process } = setUp({ claim: { kind: 'ended', reclaimed: { id: 'r1', status, style: 'watercolor' } } });
    await process();
    const after = [await count('stalled'), await count('jobs')];
    expect(after.map((value, i) => value - before[i])).toEqual([1, status === 'failed' ? 1 : 0]);
  });

  it('times the wait of a render once, and its stages when they went well', async () => {
    const { queueWait, stageDuration, turnaround } = metrics;
    const sums = async (metric: typeof queueWait | typeof stageDuration): Promise<unknown> =>
      (await metric.get()).values
        .filter(({ labels, metricName }) => labels.style === 'spec' && /_(sum|count)$/.test(metricName!))
        .map(({ value }) => value);
    const render = {
      ...RENDER,
      style: { slug: 'spec' },
      createdAt: new Date(1_000),
      startedAt: new Date(4_000),
    } as Render;
    const run = async (_render: Render, _token: string, { onStage }: AttemptOptions) => {
      onStage!({ stage: 'download', startedAt: 0, durationMs: 2_000, failed: false });
      onStage!({ stage: 'upload', startedAt: 0, durationMs: 2_000, failed: true });
      throw storage;
    };
    for (const attempt of [1, 2]) {
      const claim: RenderClaim = { kind: 'render', render, lease: { ...LEASE, attempt } };
      await expect(setUp({ claim, run }).process()).rejects.toBe(storage);
    }
    expect(await sums(queueWait)).toEqual([3, 1]);
    expect(await sums(stageDuration)).toEqual([4, 2]);
    expect(await sums(turnaround)).toEqual([0, 0]);
  });

  it('leaves a render alone that has ended', async () => {
    const run = jest.fn();
    const { process, calls } = setUp({ run, claim: { kind: 'ended' } });
    await process();
    expect(run).not.toHaveBeenCalled();
    expect(calls).toEqual([]);
  });
});
