import type { RenderSession } from '../../engine/render-session.js';
import { stretchShare } from '../../fields/contrast-stretch.js';
import { kmeans } from '../../fields/kmeans.js';
import { oklabToSrgb } from '../../fields/oklab.js';
import type { PopPosterSettings } from './settings.js';

/** Hue and chroma count more than lightness when colors are grouped, or every group would be a gray step. */
export const CHROMA_WEIGHT = 2.5;

/** Faces are small and matter most: colors of any human skin count this much more. */
const SKIN_WEIGHT = 3;

const SAMPLES = 12_000;
const DARKEST = 0.17;
const LIGHTEST = 0.97;
const LIGHTNESS_BINS = 256;

/**
 * Centers of the photo's main colors.
 * @param lab lightness, weighted a, b and luma of every working pixel, interleaved
 * @returns k centers in the same space, darkest first
 */
export async function chooseCenters(
  session: RenderSession,
  lab: Float32Array,
  { colors, seed }: PopPosterSettings,
): Promise<Float64Array> {
  const pixels = lab.length / 4;
  const stride = Math.max(1, Math.floor(pixels / SAMPLES)) | 1;
  const count = Math.ceil(pixels / stride);
  const samples = new Float32Array(4 * count);
  for (let i = 0; i < count; i++) {
    const [lightness, a, b] = lab.subarray(4 * i * stride, 4 * i * stride + 3);
    const chroma = Math.sqrt(a * a + b * b);
    // A large dull background would otherwise take most of the colors.
    const weight = (0.4 + 1.8 * chroma) * (isSkinLike(lightness, a, b) ? SKIN_WEIGHT : 1);
    samples.set([lightness, a, b, weight], 4 * i);
  }
  return sortByLightness(await kmeans(session, samples, { k: colors, seed, restarts: 4 }));
}

/** Hues from pink to tan at the chroma that skin has; a and b weighted. */
function isSkinLike(lightness: number, a: number, b: number): boolean {
  const chroma = Math.sqrt(a * a + b * b) / CHROMA_WEIGHT;
  return lightness > 0.35 && lightness < 0.9 && chroma > 0.025 && chroma < 0.13 && a > 0.45 * b && b > 0.35 * a;
}

function sortByLightness(centers: Float64Array): Float64Array {
  const order = Array.from({ length: centers.length / 3 }, (_, i) => i).sort(
    (a, b) => centers[3 * a] - centers[3 * b] || a - b,
  );
  return Float64Array.from(order.flatMap((i) => [...centers.subarray(3 * i, 3 * i + 3)]));
}

/**
 * Share of the spread of lightness that a photo bears, 0..1.
 * @param lab as {@link chooseCenters} takes it
 */
export function spreadShare(lab: Float32Array, centers: Float64Array): number {
  const counts = new Int32Array(LIGHTNESS_BINS);
  for (let i = 0; i < lab.length; i += 4) {
    counts[Math.min(LIGHTNESS_BINS - 1, Math.max(0, Math.floor(lab[i] * LIGHTNESS_BINS)))]++;
  }
  return stretchShare(counts, centers[0], centers[centers.length - 3]);
}

/**
 * Poster colors for the centers: lightness spread, chroma raised, hue kept.
 * @param bears share of the spread that the photo bears
 * @returns RGB per label, interleaved
 */
export function posterPalette(
  centers: Float64Array,
  { contrast, vividness }: Pick<PopPosterSettings, 'contrast' | 'vividness'>,
  bears: number,
): Uint8Array {
  const k = centers.length / 3;
  const darkest = centers[0];
  const span = Math.max(0.05, centers[3 * (k - 1)] - darkest);
  const palette = new Uint8Array(3 * k);
  for (let label = 0; label < k; label++) {
    const lightness = centers[3 * label];
    const spread = DARKEST + ((lightness - darkest) / span) * (LIGHTEST - DARKEST);
    const a = centers[3 * label + 1] / CHROMA_WEIGHT;
    const b = centers[3 * label + 2] / CHROMA_WEIGHT;
    const gain = chromaGain(Math.sqrt(a * a + b * b), vividness);
    const color = oklabToSrgb([lightness + (spread - lightness) * (contrast * bears), a * gain, b * gain]);
    palette.set(color, 3 * label);
  }
  return palette;
}

/** Pale colors such as skin gain most, grays stay gray, and what is strong already gains no more than asked. */
function chromaGain(chroma: number, vividness: number): number {
  const rise = Math.min(1, Math.max(0, (chroma - 0.01) / 0.03));
  const fall = Math.min(1, Math.max(0, (0.1 - chroma) / 0.05));
  return vividness * (1 + 0.3 * rise * fall);
}
