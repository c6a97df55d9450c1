import type { Address } from '../engine/arena.js';
import type { RenderSession } from '../engine/render-session.js';

/** One label per working pixel, 0..k-1, in the shared memory. */
export interface LabelField {
  readonly at: Address;
  readonly width: number;
  readonly height: number;
  /** Number of labels, at most 32. */
  readonly k: number;
}

const MAX_MERGE_ROUNDS = 8;

/** Gives every pixel, in place, the most frequent label of its (2 radius + 1) square; its own label wins ties. */
export async function modeFilter(session: RenderSession, field: LabelField, radius: number): Promise<void> {
  const { at, width, height, k } = field;
  const { arena } = session;
  await arena.scoped(async () => {
    const out = arena.allocate(width * height);
    const counts = arena.allocate(height * k * 4);
    await session.parallelRows('modeFilter', height, at, out, width, height, radius, k, counts);
    arena.u8(at, width * height).set(arena.u8(out, width * height));
  });
}

/** Gives every connected region smaller than `minArea` working pixels, in place, to the neighbor it borders on most. */
export async function mergeSmallRegions(session: RenderSession, field: LabelField, minArea: number): Promise<void> {
  const { at, width, height, k } = field;
  const { arena, kernels } = session;
  await arena.scoped(async () => {
    const seen = arena.allocate(width * height);
    const region = arena.allocate(width * height * 4);
    const borders = arena.allocate(k * 4);
    for (let round = 0; round < MAX_MERGE_ROUNDS; round++) {
      session.throwIfAborted();
      const area = Math.ceil(minArea);
      if (kernels.mergeSmallRegions(at, width, height, k, area, seen, region, borders) === 0) break;
    }
  });
}
