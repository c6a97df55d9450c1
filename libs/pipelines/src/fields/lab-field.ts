import type { RenderSession } from '../engine/render-session.js';
import { newTexels, type Texels } from './field.js';
import { CUBE_ROOTS, LINEAR } from './oklab.js';

/**
 * OKLab of texels: lightness 0..1, a and b times `weight`, and the luma of the source.
 * @param weight gain on a and b
 */
export async function oklabTexels(session: RenderSession, texels: Texels, weight = 1): Promise<Texels> {
  const lab = newTexels(session, texels);
  await session.arena.scoped(async () => {
    const linear = session.arena.storeF32(LINEAR);
    const roots = session.arena.storeF32(CUBE_ROOTS);
    await session.parallelRows('oklabTexels', texels.height, texels.at, lab.at, linear, roots, weight, texels.width);
  });
  return lab;
}
