import type { Studio } from '../engine/studio.js';
import { newTexels, type Texels } from './field.js';
import { CUBE_ROOTS, LINEAR } from './oklab.js';

/**
 * OKLab of texels: lightness 0..1, a and b times `weight`, and the luma of the source.
 * @param weight gain on a and b
 */
export async function oklabTexels(studio: Studio, texels: Texels, weight = 1): Promise<Texels> {
  const lab = newTexels(studio, texels);
  await studio.arena.scoped(async () => {
    const linear = studio.arena.storeF32(LINEAR);
    const roots = studio.arena.storeF32(CUBE_ROOTS);
    await studio.rows('oklabTexels', texels.height, texels.at, lab.at, linear, roots, weight, texels.width);
  });
  return lab;
}
