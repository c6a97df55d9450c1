import {
  DependencyError,
  PhotoError,
  type Render,
  type RenderAttempt,
  RenderError,
  type RenderStore,
  SettingsError,
} from '#core';
import { createLogger } from '#observability';
import { RenderProcessor } from '../../apps/worker/render.processor.js';
import type { RenderWatch } from '../../apps/worker/render-runner/render-engine.js';
import type { RenderRunner } from '../../apps/worker/render-runner/render-runner.js';

const JOB = { renderId: 'r1', assetId: 'a1', styleId: 's1', sizePresetId: 'p1' };
const RENDER = { id: 'r1', assetId: 'a1', style: { slug: 'pop-poster' } } as Render;
const storage = new DependencyError('storage_unavailable', 'Object storage is unavailable');

/** The processor over a store that keeps the calls and a runner that does as told. */
function setUp(
  run: (render: Render, watch: RenderWatch) => Promise<unknown>,
  { started = true, cancelled = (): boolean => false } = {},
) {
  const calls: unknown[][] = [];
  const record =
    (name: string, answer: unknown) =>
    async (...args: unknown[]) => {
      calls.push([name, ...args]);
      return answer;
    };
  const store = {
    find: async () => RENDER,
    markStarted: record('started', started),
    markQueued: record('queued', true),
    markCompleted: record('completed', true),
    markFailed: record('failed', true),
    recordProgress: async () => !cancelled(),
  } as unknown as RenderStore;
  const runner = { run } as unknown as RenderRunner;
  const processor = new RenderProcessor(store, runner, createLogger('test', 'CRITICAL'));
  const process = (attempt: Partial<RenderAttempt> = {}) =>
    processor.process(JOB, { number: 1, retryLeft: true, ...attempt });
  return { process, steps: () => calls.map(([name, , reason]) => (reason === undefined ? name : [name, reason])) };
}

describe('render processor', () => {
  it('gives a render back after a transient fault while a try is left', async () => {
    const { process, steps } = setUp(() => Promise.reject(storage));
    await expect(process()).rejects.toBe(storage);
    expect(steps()).toEqual(['started', 'queued']);
  });

  it('fails it after the last try', async () => {
    const { process, steps } = setUp(() => Promise.reject(storage));
    await expect(process({ retryLeft: false })).rejects.toBe(storage);
    expect(steps()).toEqual(['started', ['failed', 'Object storage is unavailable']]);
  });

  it.each([
    [new PhotoError('corrupt_photo', 'Image is corrupt or truncated'), 'Image is corrupt or truncated'],
    [new RenderError('render_timeout', 'Render took longer than 600 seconds'), 'Render took longer than 600 seconds'],
    [
      new SettingsError('pop-poster', [{ field: 'colors', message: 'must be at most 24' }]),
      'Invalid settings for style pop-poster: colors: must be at most 24',
    ],
  ])('fails it at once after %s', async (error, reason) => {
    const { process, steps } = setUp(() => Promise.reject(error));
    await expect(process()).rejects.toBe(error);
    expect(steps()).toEqual(['started', ['failed', reason]]);
  });

  it('tells the client nothing of an unforeseen fault', async () => {
    const { process, steps } = setUp(() => Promise.reject(new TypeError('x of undefined at /srv/app')));
    await expect(process({ retryLeft: false })).rejects.toThrow('x of undefined');
    expect(steps()).toEqual(['started', ['failed', 'Rendering failed because of an internal error']]);
  });

  it('leaves the row alone once its claim on the job is lost', async () => {
    const { process, steps } = setUp(() => Promise.reject(new Error('claim lost')));
    await expect(process({ signal: AbortSignal.abort() })).rejects.toThrow('claim lost');
    expect(steps()).toEqual(['started']);
  });

  it('stops the work on a render that was cancelled, and leaves its row alone', async () => {
    let stopped: Error | undefined;
    const untilStopped = (_: Render, { signal }: RenderWatch): Promise<never> =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject((stopped = signal.reason as Error)), { once: true });
      });
    const { process, steps } = setUp(untilStopped, { cancelled: () => true });
    await process();
    expect(stopped).toMatchObject({ code: 'render_aborted' });
    expect(steps()).toEqual(['started']);
  });

  it('does nothing for a render that has ended', async () => {
    const run = jest.fn();
    const { process } = setUp(run, { started: false });
    await process();
    expect(run).not.toHaveBeenCalled();
  });
});
