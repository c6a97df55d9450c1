import type { RenderSession } from '../engine/render-session.js';
import { detExp } from './deterministic-math.js';
import type { Field } from './field.js';

/** Above this sigma, in pixels, three box means are as good as the bell and cost the same whatever the sigma. */
const BOX_SIGMA = 8;

/** Gaussian blur in place, with the border pixels repeated outwards. @param sigma in working pixels; 0 changes nothing */
export async function gaussianBlur(session: RenderSession, field: Field, sigma: number): Promise<void> {
  if (sigma <= 0) return;
  const { arena } = session;
  const { at, width, height, lanes } = field;
  await arena.scoped(async () => {
    const scratch = arena.allocate(width * height * lanes * 4);
    if (sigma <= BOX_SIGMA) {
      const kernel = gaussianKernel(sigma);
      const radius = (kernel.length - 1) / 2;
      const weights = arena.storeF32(kernel);
      await session.parallelRows('filterRows', height, at, scratch, width, lanes, weights, radius);
      await session.parallelRows('filterColumns', height, scratch, at, width * lanes, height, weights, radius);
      return;
    }
    const sums = arena.allocate(width * lanes * 8);
    for (const radius of boxRadii(sigma)) {
      await session.parallelRows('boxRows', height, at, scratch, width, lanes, radius);
      await session.parallelRows('boxColumns', width * lanes, scratch, at, width * lanes, height, radius, sums);
    }
  });
}

/** Gaussian weights for offsets -radius..radius, summing to one. */
export function gaussianKernel(sigma: number): Float64Array {
  const radius = Math.max(1, Math.ceil(3 * sigma));
  const kernel = new Float64Array(2 * radius + 1);
  let sum = 0;
  for (let i = -radius; i <= radius; i++) sum += kernel[i + radius] = detExp((-i * i) / (2 * sigma * sigma));
  return kernel.map((weight) => weight / sum);
}

/** Half of a Gaussian: weights for offsets 0..taps-1, 1 in the middle. */
export function halfGaussian(sigma: number, taps: number): Float64Array {
  return Float64Array.from({ length: taps }, (_, k) => detExp((-k * k) / (2 * sigma * sigma)));
}

/** What the wider of two Gaussians is wide, in widths of the narrow one (Winnemoeller et al. 2006). */
export const DOG_RATIO = 1.6;

/** Wide minus narrow Gaussian, each of unit sum, for offsets 0..taps-1: positive where the middle is darker. */
export function differenceOfGaussians(sigma: number, taps: number): Float64Array {
  const [narrow, wide] = [sigma, DOG_RATIO * sigma].map((width) => {
    const half = halfGaussian(width, taps);
    const sum = half.reduce((total, weight, k) => total + (k === 0 ? weight : 2 * weight), 0);
    return half.map((weight) => weight / sum);
  });
  return narrow.map((weight, k) => wide[k] - weight);
}

/** Radii of three box means whose variances add up to that of the Gaussian as nearly as whole pixels allow. */
function boxRadii(sigma: number): number[] {
  const ideal = (Math.sqrt(4 * sigma * sigma + 1) - 1) / 2;
  const low = Math.floor(ideal);
  const missing = 3 * sigma * sigma - 3 * low * (low + 1);
  const raised = Math.min(3, Math.max(0, Math.round(missing / (2 * (low + 1)))));
  return [0, 1, 2].map((pass) => (pass < raised ? low + 1 : low));
}
