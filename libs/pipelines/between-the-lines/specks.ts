import type { Studio } from '../engine/studio.js';
import type { Plane } from '../fields/field.js';

export interface SpeckOptions {
  /** Distance between lines in working pixels. */
  readonly pitch: number;
  /** Value of the target that is bare paper. */
  readonly bare: number;
  /** Value of the target that is solid ink. */
  readonly solid: number;
}

/** Area, in squares of the pitch, from which on a patch is a stroke and not a speck. */
const LEAST_AREA = 0.8;

/**
 * Drops patches of ink and of paper too small to be strokes or gaps.
 * @param excess positive where there is ink
 * @param target the field to change: `excess` itself or what it was made from
 */
export async function dropSpecks(
  { arena, kernels }: Studio,
  excess: Plane,
  target: Plane,
  { pitch, bare, solid }: SpeckOptions,
): Promise<void> {
  const { width, height } = excess;
  const minArea = Math.max(2, Math.ceil(LEAST_AREA * pitch * pitch));
  await arena.scoped(async () => {
    const seen = arena.allocate(width * height);
    arena.u8(seen, width * height).fill(0);
    const queue = arena.allocate((minArea + 4) * 4);
    kernels.dropSpecks(excess.at, target.at, width, height, minArea, bare, solid, seen, queue);
    return Promise.resolve();
  });
}
