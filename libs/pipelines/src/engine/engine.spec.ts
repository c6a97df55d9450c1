import { Arena } from './arena.js';
import type { Kernels } from './kernels.js';
import { ParameterBlock } from './parameter-block.js';
import { RenderSession } from './render-session.js';

describe('Arena', () => {
  it('releases what a step allocated, and refuses more than there is', async () => {
    const arena = new Arena(Arena.createMemory(1024 * 1024), 16);
    const first = await arena.scoped(async () => arena.allocate(100));
    expect(arena.allocate(100)).toBe(first);
    expect(arena.allocate(1) % 16).toBe(0);
    expect(() => arena.allocate(1024 ** 2)).toThrow(expect.objectContaining({ code: 'internal' }));
  });
});

describe('Kernels', () => {
  it('are typed from their sources', () => {
    const check = (kernels: Kernels): void => {
      // @ts-expect-error: one argument is missing
      kernels.planeOfLane(0, 0, 3, 10, 0);
      // @ts-expect-error: one is too many
      kernels.lzwTableBytes(1);
    };
    expect(check).toBeInstanceOf(Function);
  });

  it('take parameters in the order of their class', () => {
    const arena = new Arena(Arena.createMemory(65_536), 16);
    const { at } = new ParameterBlock(
      arena,
      { count: 'i32', share: 'f32', last: 'i32' },
      { last: -7, share: 0.5, count: 3 },
    );
    expect([arena.i32(at, 3)[0], arena.f32(at, 3)[1], arena.i32(at, 3)[2]]).toEqual([3, 0.5, -7]);
  });
});

describe('RenderSession', () => {
  it('shares the rows out so that each is done once', async () => {
    const session = await RenderSession.open({ threads: 3 });
    try {
      const [width, height] = [5, 41];
      const rgb = session.arena.allocate(width * height * 3);
      session.arena.u8(rgb, width * height * 3).fill(255);
      const texels = session.arena.allocate(width * height * 16);
      await session.parallelRows('texelsFromRgb', height, rgb, texels, width);
      expect(session.arena.f32(texels, width * height * 4).every((v) => Math.abs(v - 1) < 1e-6)).toBe(true);
      // @ts-expect-error: the names of the kernels and their arguments are checked by the compiler
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
