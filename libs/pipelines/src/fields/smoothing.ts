import type { RenderSession } from '../engine/render-session.js';
import type { WorkingPhoto } from '../style.js';
import { detExp } from './deterministic-math.js';
import { newTexels, type Texels } from './field.js';

export interface SmoothingOptions {
  /** Reach in working pixels. */
  readonly sigmaSpace: number;
  /** How large a color step still counts as the same surface, 0..1 of the channel range. */
  readonly sigmaRange: number;
  /** Sweeps in both directions; 3 leaves no streaks. */
  readonly iterations?: number;
}

/** Texels of a photo: red, green, blue and Rec. 709 luma, 0..1. */
export async function photoTexels(session: RenderSession, photo: WorkingPhoto): Promise<Texels> {
  const texels = newTexels(session, photo);
  await session.parallelRows('texelsFromRgb', photo.height, photo.rgb, texels.at, photo.width);
  return texels;
}

/** Edge-preserving smoothing by the domain transform, recursive form (Gastal and Oliveira 2011). @returns new texels */
export async function domainTransform(
  session: RenderSession,
  photo: WorkingPhoto,
  { sigmaSpace, sigmaRange, iterations = 3 }: SmoothingOptions,
): Promise<Texels> {
  const texels = await photoTexels(session, photo);
  const { width, height } = photo;
  const { arena } = session;
  await arena.scoped(async () => {
    const across = arena.allocate(width * height * 2);
    const down = arena.allocate(width * height * 2);
    await session.parallelRows('colorSteps', height, photo.rgb, across, down, width);
    for (let i = 1; i <= iterations; i++) {
      const sigma = (sigmaSpace * Math.sqrt(3) * 2 ** (iterations - i)) / Math.sqrt(4 ** iterations - 1);
      const feedback = arena.storeF32(feedbackTable(sigma, sigmaSpace / sigmaRange));
      await session.parallelRows('domainRows', height, texels.at, across, feedback, width);
      await session.parallelRows('domainColumns', width, texels.at, down, feedback, width, height);
    }
  });
  return texels;
}

/** Feedback factor a^d for each possible step between neighbors, 0..765 bytes. */
function feedbackTable(sigma: number, slope: number): Float32Array {
  return Float32Array.from({ length: 766 }, (_, step) => detExp((-Math.SQRT2 / sigma) * (1 + (slope * step) / 255)));
}
