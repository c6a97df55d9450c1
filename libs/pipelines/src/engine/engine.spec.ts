import { Arena } from './arena.js';
import { RenderSession } from './render-session.js';

describe('Arena', () => {
  it('gives back what a step allocated, and refuses more than there is', async () => {
    const arena = new Arena(Arena.createMemory(1024 * 1024), 16);
    const first = await arena.scoped(async () => arena.allocate(100));
    expect(arena.allocate(100)).toBe(first);
    expect(arena.allocate(1) % 16).toBe(0);
    expect(() => arena.allocate(1024 ** 2)).toThrow(expect.objectContaining({ code: 'internal' }));
  });
});

describe('Studio', () => {
  it('shares the rows out so that each is done once', async () => {
    const session = await RenderSession.open({ threads: 3 });
    try {
      const [width, height] = [5, 41];
      const rgb = session.arena.allocate(width * height * 3);
      session.arena.u8(rgb, width * height * 3).fill(255);
      const texels = session.arena.allocate(width * height * 16);
      await session.parallelRows('texelsFromRgb', height, rgb, texels, width);
      expect(session.arena.f32(texels, width * height * 4).every((v) => Math.abs(v - 1) < 1e-6)).toBe(true);
      await expect(session.parallelRows('noSuchKernel', 1)).rejects.toThrow('There is no kernel noSuchKernel');
    } finally {
      await session.close();
    }
  });

  it('ends its threads when the signal fires', async () => {
    const abort = new AbortController();
    const session = await RenderSession.open({ threads: 2, signal: abort.signal });
    const n = 1_000_000;
    const points = session.arena.allocate(n * 16);
    const centers = session.arena.allocate(32 * 32);
    const work = session.parallelRows('lloyd', 1, points, n, centers, 32, centers, centers, 1_000_000, -1);
    setTimeout(() => abort.abort(), 100);
    await expect(work).rejects.toMatchObject({ code: 'render_aborted' });
    await session.close();
  });
});
