import path from 'node:path';
import type { RenderOrder } from '../../apps/worker/render-runner/render-messages.js';
import { RenderProcessPool } from '../../apps/worker/render-runner/render-process-pool.js';

const ENTRY = path.join(__dirname, '../fixtures/render-process.cjs');

describe('render process pool', () => {
  let pool: RenderProcessPool;
  beforeEach(() => (pool = new RenderProcessPool(ENTRY)));
  afterEach(() => pool.onApplicationShutdown());

  async function render(style: string, signal = new AbortController().signal, onProgress?: (fraction: number) => void) {
    const order = { style } as RenderOrder;
    return (await pool.render(order, { signal, onProgress })) as unknown as { pid: number; env: string[] };
  }
  const isRunning = (pid: number): boolean => {
    try {
      return process.kill(pid, 0);
    } catch {
      return false;
    }
  };

  it('keeps its process warm between renders and tells the progress', async () => {
    const seen: number[] = [];
    const first = await render('ok', undefined, (fraction) => seen.push(fraction));
    expect((await render('ok')).pid).toBe(first.pid);
    expect(seen).toEqual([0.5]);
  });

  it('uses a process for each render under way', async () => {
    const [a, b] = await Promise.all([render('ok'), render('ok')]);
    expect(a.pid).not.toBe(b.pid);
  });

  it('gives the process none of our secrets', async () => {
    process.env.DB_PASSWORD = 'secret';
    try {
      expect((await render('ok')).env).not.toContain('DB_PASSWORD');
    } finally {
      delete process.env.DB_PASSWORD;
    }
  });

  it("passes on the engine's own errors", async () => {
    await expect(render('fail')).rejects.toMatchObject({ code: 'corrupt_photo', message: 'Image is corrupt' });
  });

  it.each(['crash', 'exit'])('survives a process that ends by %s', async (style) => {
    await expect(render(style)).rejects.toMatchObject({ code: 'engine_crashed', policy: { tries: 3 } });
    expect((await render('ok')).pid).toBeGreaterThan(0);
  });

  it('kills a render that is aborted, even one that never looks up', async () => {
    const { pid } = await render('ok');
    const abort = new AbortController();
    const hanging = render('hang', abort.signal);
    setTimeout(() => abort.abort(new Error('out of time')), 200);
    await expect(hanging).rejects.toThrow('out of time');
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(isRunning(pid)).toBe(false);
    expect((await render('ok')).pid).not.toBe(pid);
  });

  it('starts nothing when aborted before', async () => {
    await expect(render('ok', AbortSignal.abort(new Error('too late')))).rejects.toThrow('too late');
  });

  it('leaves no process behind', async () => {
    const { pid } = await render('ok');
    pool.onApplicationShutdown();
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(isRunning(pid)).toBe(false);
  });
});
