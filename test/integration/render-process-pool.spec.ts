import path from 'node:path';
import { ChildProcessMetrics, ChildProcessMetricsModule } from '#observability';
import type { RenderTask } from '../../apps/worker/src/render-runner/render-messages.js';
import { RenderProcessPool } from '../../apps/worker/src/render-runner/render-process-pool.js';
import { descendantsOf } from '../support/processes.js';
import { provided } from '../support/provided.js';

const ENTRY = path.join(__dirname, '../fixtures/misbehaving-process.mjs');
const MIB = 1024 * 1024;

describe('render process pool', () => {
  let pool: RenderProcessPool;
  beforeEach(async () => {
    const metrics = await provided(ChildProcessMetrics, ChildProcessMetricsModule);
    pool = new RenderProcessPool({ concurrency: 2, memoryBytes: 300 * MIB, entry: ENTRY }, metrics);
  });
  afterEach(() => pool.onApplicationShutdown());

  async function render(style: string, signal = new AbortController().signal, onProgress?: (fraction: number) => void) {
    const { style: name } = await pool.render({ style } as RenderTask, { signal, onProgress });
    return name;
  }

  it('reports the progress', async () => {
    const seen: number[] = [];
    await render('ok', undefined, (fraction) => seen.push(fraction));
    expect(seen).toEqual([0.5]);
  });

  it("passes on the engine's own errors", async () => {
    await expect(render('fail')).rejects.toMatchObject({ code: 'corrupt_photo', message: 'Image is corrupt' });
  });

  it.each(['crash', 'exit', 'killed'])('survives a process that ends by %s', async (style) => {
    await expect(render(style)).rejects.toMatchObject({ code: 'engine_crashed', policy: { maxAttempts: 12 } });
    expect(await render('ok')).not.toBe('');
  });

  it('guarantee: a render ends within its time limit and frees the slot', async () => {
    const first = await render('ok');
    const limit = AbortSignal.timeout(2_000);
    const others = [render('ok'), render('hang', limit), render('hang in native code', limit)];
    const ended = await Promise.allSettled(others);
    expect(ended.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected']);
    // The processes that held the slots are gone before anything is cleaned up, with all that stood around it.
    expect(await descendantsOf(process.pid)).toEqual([]);
    const [a, b] = await Promise.all([render('ok'), render('ok')]);
    expect(new Set([first, a, b]).size).toBe(3);
  });

  it('guarantee: a render over its memory limit is killed with a reason', async () => {
    await expect(render('eat memory')).rejects.toMatchObject({
      code: 'memory_exceeded',
      message: 'Render needed more than 300 MB of memory',
      policy: { maxAttempts: 1, level: 'error' },
    });
    expect(await render('ok')).not.toBe('');
  });
});
