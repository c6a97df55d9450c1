import { partialRange, stretchShare } from '../../fields/contrast-stretch.js';
import { detExp } from '../../fields/deterministic-math.js';
import type { PencilSketchSettings } from './settings.js';

/** Weights of light, middle and dark tones in drawings (Lu, Xu and Jia 2012). */
const WEIGHTS: Record<PencilSketchSettings['tone'], readonly [number, number, number]> = {
  light: [0.76, 0.22, 0.02],
  normal: [0.52, 0.37, 0.11],
  dark: [0.42, 0.29, 0.29],
};

/** Stride of the pixels that the histogram samples. */
const STRIDE = 7;

/** The blend gives way until tones correlate with the photo's lightness at least so well. */
const LEAST_LIKENESS = 0.93;

/** Mean tone below which a drawing is lightened, for a sheet covered all over is no drawing. */
const LEAST_MEAN = 0.5;

/** Flat photos are stretched no further than if their lightness spanned this many bytes. */
const LEAST_SPAN = 64;

/**
 * Curve from lightness to the tones of a drawing: the photo's own, stretched, blended with those that matching its
 * histogram to that of drawings gives.
 * @param lightness 0..1
 * @returns 256 tones for lightness 0..255, 0 black .. 1 paper
 */
export function drawingTones(lightness: Float32Array, { tone, toneBlend }: PencilSketchSettings): Float64Array {
  const counts = new Float64Array(256);
  for (let i = 0; i < lightness.length; i += STRIDE) counts[byteOf(lightness[i])]++;
  const own = cumulative(counts);
  const target = cumulative(drawingHistogram(WEIGHTS[tone]));
  const [darkest, lightest] = [rank(own, 0.005) / 255, rank(own, 0.99) / 255];
  // A flat photo keeps its tones: neither percentiles nor ranks say what they should be.
  const bears = stretchShare(counts, darkest, lightest);
  const range = partialRange(darkest, lightest, bears);
  const [low, high] = [255 * range.low, 255 * range.high];
  const span = Math.max(LEAST_SPAN, high - low);
  const blended = (share: number): Float64Array =>
    Float64Array.from({ length: 256 }, (_, v) => {
      const stretched = Math.min(1, Math.max(0, (v - low) / span));
      return stretched + share * (rank(target, own[v]) / 255 - stretched);
    });
  // A photo of one tone, such as a night sky, would be torn apart to fill the histogram of a drawing.
  let share = toneBlend * bears;
  while (share > 0.02 && likeness(blended(share), counts) < LEAST_LIKENESS) share *= 0.7;
  // A request for the photo's own tones gets them, dark as they may be.
  return lightened(blended(share), counts, bears * Math.min(1, 2 * toneBlend));
}

/**
 * Tones with the shadows opened until their mean over the photo is {@link LEAST_MEAN}, or as far as that goes.
 * @param most 0 leaves them .. 1
 */
function lightened(tones: Float64Array, counts: Float64Array, most: number): Float64Array {
  const open = tones.map((t) => t * (2 - t));
  const mean = meanOf(tones, counts);
  if (mean >= LEAST_MEAN) return tones;
  const share = most * Math.min(1, (LEAST_MEAN - mean) / Math.max(1e-6, meanOf(open, counts) - mean));
  return tones.map((t, v) => t + share * (open[v] - t));
}

function meanOf(tones: Float64Array, counts: Float64Array): number {
  let [sum, n] = [0, 0];
  tones.forEach((t, v) => {
    sum += counts[v] * t;
    n += counts[v];
  });
  return sum / n;
}

/** Correlation of lightness and tone over the pixels of a photo. */
function likeness(tones: Float64Array, counts: Float64Array): number {
  let [n, sv, st, vv, tt, vt] = [0, 0, 0, 0, 0, 0];
  tones.forEach((t, v) => {
    const count = counts[v];
    n += count;
    sv += count * v;
    st += count * t;
    vv += count * v * v;
    tt += count * t * t;
    vt += count * v * t;
  });
  const spread = Math.sqrt(Math.max(0, (n * vv - sv * sv) * (n * tt - st * st)));
  return spread > 0 ? (n * vt - sv * st) / spread : 1;
}

function drawingHistogram([light, middle, dark]: readonly [number, number, number]): Float64Array {
  return Float64Array.from({ length: 256 }, (_, v) => {
    const paper = detExp(-(255 - v) / 9) / 9;
    const even = v >= 105 && v <= 225 ? 1 / 120 : 0;
    const deep = detExp((-(v - 90) * (v - 90)) / (2 * 11 * 11)) / 27.57;
    return light * paper + middle * even + dark * deep;
  });
}

/** Running share, 0..1. */
function cumulative(counts: Float64Array): Float64Array {
  const total = counts.reduce((sum, count) => sum + count, 0);
  let sum = 0;
  return counts.map((count) => (sum += count) / total);
}

/** First value whose running share reaches the given one. */
function rank(shares: Float64Array, share: number): number {
  for (let v = 0; v < 255; v++) if (shares[v] >= share - 1e-12) return v;
  return 255;
}

function byteOf(value: number): number {
  return Math.min(255, Math.max(0, Math.round(value * 255)));
}
