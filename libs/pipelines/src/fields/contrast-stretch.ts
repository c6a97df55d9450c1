/** A photo whose tones span less than the first is flat, and is stretched in full from the second on. */
const FLAT_SPAN = 0.1;
const FULL_SPAN = 0.3;

/** A tone that covers the second share of a photo is its ground, such as paper; below the first there is none. */
const NO_GROUND = 0.7;
const GROUND = 0.9;

/** Tones this far apart count as one, for noise. */
const TONE_WIDTH = 17 / 256;

/** Most that a stretch may move the mean tone. */
const MOST_SHIFT = 0.2;

/**
 * How much of a contrast stretch a photo bears. Percentiles say nothing of a photo of one tone, or of a page with little on
 * it: both of them lie on the same tone, which a stretch would turn black or white. Any other photo is stretched in full.
 * @param histogram number of pixels per bin, bins of equal width from tone 0 to tone 1
 * @param low tone that the full stretch moves to 0
 * @param high tone that it moves to 1
 * @returns share of the stretch, 0 none .. 1 all of it
 */
export function stretchShare(histogram: ArrayLike<number>, low: number, high: number): number {
  const { mean, ground } = measure(histogram);
  const spread = ramp(high - low, FLAT_SPAN, FULL_SPAN);
  const busy = 1 - ramp(ground, NO_GROUND, GROUND);
  const stretched = Math.min(1, Math.max(0, (mean - low) / Math.max(FLAT_SPAN, high - low)));
  const steady = Math.min(1, MOST_SHIFT / Math.max(MOST_SHIFT, Math.abs(stretched - mean)));
  return Math.min(spread, busy, steady);
}

/** The range of tones whose stretch to 0..1 is a share of the stretch from the given range. */
export function partialRange(low: number, high: number, share: number): { low: number; high: number } {
  return { low: share * low, high: high + (1 - share) * (1 - high) };
}

/** Mean tone, and share of the pixels that have the most common tone. */
function measure(histogram: ArrayLike<number>): { mean: number; ground: number } {
  const bins = histogram.length;
  const width = Math.max(1, Math.round(bins * TONE_WIDTH));
  let [total, sum, within, most] = [0, 0, 0, 0];
  for (let bin = 0; bin < bins; bin++) {
    total += histogram[bin];
    sum += histogram[bin] * (bin + 0.5);
    within += histogram[bin] - (bin < width ? 0 : histogram[bin - width]);
    most = Math.max(most, within);
  }
  return total === 0 ? { mean: 0.5, ground: 1 } : { mean: sum / (bins * total), ground: most / total };
}

function ramp(value: number, from: number, to: number): number {
  return Math.min(1, Math.max(0, (value - from) / (to - from)));
}
