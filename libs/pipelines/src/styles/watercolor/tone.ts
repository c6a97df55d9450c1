import type { RenderSession } from '../../engine/render-session.js';
import { stretchShare } from '../../fields/contrast-stretch.js';
import { valuesOf, type Texels } from '../../fields/field.js';

const BINS = 256;
/** Stride of the pixels that are sampled. */
const STRIDE = 7;
/** Shares of the pixels that are taken for black and for white. */
const BLACK_SHARE = 0.005;
const WHITE_SHARE = 0.985;
/** A photo without a black or a white is only stretched so far. */
const LIGHTEST_BLACK = 0.16;
const DARKEST_WHITE = 0.72;
/** Share of the way to the full range that is gone. */
const STRETCH = 0.65;

/**
 * Tone in paint, 0 darkest .. 1 bare paper, for each of 256 lumas of a photo.
 * @param texels red, green, blue and luma
 * @param whiteReserve 0..1: how much of the highlights becomes bare paper
 */
export function toneCurve(session: RenderSession, texels: Texels, whiteReserve: number): Float32Array {
  const { black, white, share } = range(valuesOf(session, texels));
  const stretch = STRETCH * share;
  const low = stretch * Math.min(black, LIGHTEST_BLACK);
  const high = 1 - stretch * (1 - Math.max(white, DARKEST_WHITE));
  const reserve = 1 - 0.14 * whiteReserve;
  return Float32Array.from({ length: BINS }, (_, i) => {
    const v = Math.min(1, Math.max(0, (i / (BINS - 1) - low) / (high - low)));
    // Watercolors live in the light half of the scale.
    const lifted = v + 0.06 * v * (1 - v);
    return highlight(lifted, reserve);
  });
}

/** Runs up to white at `end`, with a slope that does not break below it. */
function highlight(v: number, end: number): number {
  const knee = end - 0.22;
  if (v <= knee) return v;
  if (v >= end) return 1;
  const t = (v - knee) / (end - knee);
  return knee + (end - knee) * t + (1 - end) * t * t;
}

/** Lumas taken for black and white, and the share of the stretch that the photo bears. */
function range(values: Float32Array): { black: number; white: number; share: number } {
  const counts = new Uint32Array(BINS);
  let total = 0;
  for (let i = 3; i < values.length; i += 4 * STRIDE, total++) {
    counts[Math.min(BINS - 1, Math.max(0, Math.round(values[i] * (BINS - 1))))]++;
  }
  const at = (share: number): number => {
    let left = share * total;
    const bin = counts.findIndex((count) => (left -= count) < 0);
    return (bin < 0 ? BINS - 1 : bin) / (BINS - 1);
  };
  const [black, white] = [at(BLACK_SHARE), at(WHITE_SHARE)];
  return { black, white, share: stretchShare(counts, black, white) };
}
