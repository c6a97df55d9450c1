import { hostname } from 'node:os';
import path from 'node:path';
import type { ApiClient } from '../support/client.js';
import { Collector } from '../support/collector.js';
import { deployApi, type Deployment } from '../support/deployment.js';
import { loadedPackages, tellingLoaded } from '../support/loaded-packages.js';
import { FLOWER } from '../support/photos.js';
import { temporaryFolder } from '../support/processes.js';

jest.setTimeout(120_000);

/** Makes a program, on SIGUSR2, fail in a way that nothing catches. */
const FAILING = path.resolve(__dirname, '../fixtures/fail-uncaught.cjs');

describe('what becomes of a request', () => {
  let collector: Collector;
  let deployment: Deployment;
  let client: ApiClient;
  let loaded: string[][];
  let good: string;
  let bad: string;
  let ends: { code: number | null }[];

  /** A good render whose job the queue forgets, a bad one, and a request that meets an unexpected error. */
  beforeAll(async () => {
    collector = await Collector.open();
    const [folder, removeFolder] = await temporaryFolder();
    [deployment, client] = await deployApi({
      storage: 'filesystem',
      lockSeconds: 30, // No worker is lost here, not even on a busy machine.
      env: {
        SENTRY_DSN: `http://publickey@${collector.address}/7`,
        SENTRY_ENVIRONMENT: 'staging',
        RECONCILE_SECONDS: '1',
        ...tellingLoaded(folder, FAILING),
      },
    });
    good = (await client.createRender(FLOWER(), {}, { 'X-Request-Id': 'order-17' })).body.render_id as string;
    bad = (await client.createRender(FLOWER(), {}, { 'X-Request-Id': 'order-18' })).body.render_id as string;
    await deployment.query(`UPDATE renders SET algorithm_config_snapshot = '{"colors": 9999}' WHERE id = $1`, [bad]);
    await deployment.query('ALTER TABLE assets ADD CONSTRAINT never CHECK (false) NOT VALID');
    expect((await client.createRender(FLOWER(), {}, { 'X-Request-Id': 'order-19' })).status).toBe(500);
    await deployment.emptyRedis();
    await deployment.startWorker();
    expect(await client.ended(good)).toMatchObject({ status: 'completed' });
    expect(await client.ended(bad)).toMatchObject({ status: 'failed' });
    for (const program of deployment.programs) program.kill('SIGUSR2');
    ends = await Promise.all(deployment.programs.map(({ ended }) => ended));
    loaded = await Promise.all(deployment.programs.map(({ pid }) => loadedPackages(folder, pid)));
    await removeFolder();
  });
  afterAll(async () => {
    collector.close();
    await deployment.close();
  });

  const lines = (): Record<string, unknown>[] =>
    deployment.programs
      .flatMap(({ output }) => output.split('\n').filter((line) => line.startsWith('{')))
      .map((line) => JSON.parse(line) as Record<string, unknown>);

  /** The events that were reported, by what they carry of the request. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- events are asserted on, field by field
  const reported = (requestId: string): Record<string, any>[] =>
    collector.posts
      .map(({ body }) => JSON.parse(body.trim().split('\n').at(-1)!))
      .filter(({ contexts }) => contexts.render?.request_id === requestId);

  it('guarantee: every log line of a render has its request id, even after the queue was emptied', () => {
    const mine = lines().filter(({ render_id }) => render_id === good);
    for (const line of mine) expect(line).toMatchObject({ request_id: 'order-17', service: 'pop-render' });
    expect(mine.map(({ message }) => message)).toEqual([
      'Render job created',
      'Render queued again',
      'Render job started',
      'Render job completed successfully',
    ]);
    const [created, , started, completed] = mine;
    const [asset_id, style] = [expect.stringMatching(/^[0-9a-f-]{36}$/), 'pop-poster'];
    expect(created).toMatchObject({ level: 'INFO', logger: 'pop-render.api', asset_id, style, size_preset: '9x12' });
    expect(started).toMatchObject({ level: 'INFO', logger: 'pop-render.worker', asset_id, style, attempt: 1 });
    expect(started.worker_id).toContain(hostname());
    expect(completed).toMatchObject({
      level: 'INFO',
      style,
      attempt: 1,
      duration_ms: expect.any(Number),
      output_size_bytes: expect.any(Number),
      preview_size_bytes: expect.any(Number),
    });
    const answered = lines().filter(
      ({ message, request_id }) => message === 'Request answered' && request_id === 'order-17',
    );
    expect(answered).toMatchObject([{ endpoint: '/v1/renders', status: 201, duration_ms: expect.any(Number) }]);
  });

  it('is logged as a failure in the log', () => {
    const [failure] = lines().filter(({ message }) => message === 'Render job failed');
    expect(failure).toMatchObject({
      level: 'ERROR',
      logger: 'pop-render.worker',
      render_id: bad,
      request_id: 'order-18',
      style: 'pop-poster',
      code: 'invalid_settings',
      error: 'Invalid settings for style pop-poster',
      traceback: expect.stringContaining('at '),
    });
  });

  it('guarantee: failed renders and unexpected errors are reported with tags and without request data', () => {
    const [failure, ...again] = reported('order-18');
    expect(again).toEqual([]);
    expect(failure).toMatchObject({
      release: expect.stringMatching(/^\d+\.\d+\.\d+$/),
      environment: 'staging',
      tags: { component: 'worker', code: 'invalid_settings', style: 'pop-poster' },
      contexts: { render: { render_id: bad, request_id: 'order-18', attempt: 1 } },
    });
    const [unexpected] = reported('order-19');
    expect(unexpected.tags).toEqual({ component: 'api', code: 'internal' });
    const [outermost] = unexpected.exception.values.slice(-1);
    expect(outermost).toMatchObject({ type: 'QueryFailedError', value: expect.stringContaining('"never"') });
    expect(outermost.stacktrace.frames.length).toBeGreaterThan(0);
    for (const event of [failure, unexpected]) {
      expect(event).not.toHaveProperty('request');
      expect(event).not.toHaveProperty('user');
      expect(event).not.toHaveProperty('breadcrumbs');
    }
    expect(reported('order-17')).toEqual([]);
    expect(collector.posts).toHaveLength(4);
  });

  it('is followed to the end of a process that nothing could keep up: by a line of the log and a report', () => {
    expect(ends).toMatchObject([{ code: 1 }, { code: 1 }]);
    for (const { output } of deployment.programs) {
      expect(output).not.toContain('hunter2');
      const last = output.trim().split('\n').at(-1)!;
      expect(JSON.parse(last)).toMatchObject({
        level: 'CRITICAL',
        error: 'Uncaught password=[redacted]',
        traceback: expect.stringContaining('fail-uncaught.cjs'),
      });
    }
    const events = collector.posts.map(({ body }) => JSON.parse(body.trim().split('\n').at(-1)!));
    expect(events.filter(({ tags }) => tags.code === 'uncaught').map(({ tags }) => tags.component)).toEqual(
      expect.arrayContaining(['api', 'worker']),
    );
  });

  it('is traced nowhere: nothing of a tracer is loaded unless it is asked for', () => {
    for (const names of loaded) {
      // The interface alone comes with the metrics.
      expect(names.filter((name) => name.startsWith('@opentelemetry/'))).toEqual(['@opentelemetry/api']);
      expect(names).toContain('@sentry/core');
    }
  });
});
