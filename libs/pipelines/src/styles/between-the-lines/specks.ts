import { speckFilterLayout } from '../../engine/kernels.generated.js';
import { ParameterBlock } from '../../engine/parameter-block.js';
import type { RenderSession } from '../../engine/render-session.js';
import type { Plane } from '../../fields/field.js';

export interface SpeckOptions {
  /** Whether patches of high values are dropped or of low ones. */
  readonly of: 'ink' | 'paper';
  /** Value that bounds a patch. */
  readonly level: number;
  /** A patch that goes beyond this value anywhere is kept. */
  readonly strong?: number;
  /** Patches of this many working pixels are kept. */
  readonly minArea: number;
  /** What the target's values become, at most for ink and at least for paper. */
  readonly limit: number;
}

/**
 * Drops patches too small to be strokes, or gaps between them.
 * @param field where the patches are found
 * @param target the field to change: the same one or what it was made from
 */
export async function dropSpecks(
  { arena, kernels }: RenderSession,
  field: Plane,
  target: Plane,
  { of, level, strong, minArea, limit }: SpeckOptions,
): Promise<void> {
  const { width, height } = field;
  const area = Math.max(2, Math.ceil(minArea));
  const sign = of === 'ink' ? 1 : -1;
  await arena.scoped(async () => {
    const seen = arena.allocate(width * height);
    arena.u8(seen, width * height).fill(0);
    const queue = arena.allocate((area + 4) * 4);
    const { at } = new ParameterBlock(arena, speckFilterLayout, {
      field: field.at,
      target: target.at,
      width,
      height,
      sign,
      level: sign * level,
      strong: strong === undefined ? Infinity : sign * strong,
      minArea: area,
      limit: sign * limit,
      seen,
      queue,
    });
    kernels.dropSpecks(at);
    return Promise.resolve();
  });
}
