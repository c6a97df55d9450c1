import type { RenderSession } from '../../engine/render-session.js';
import { partialRange, stretchShare } from '../../fields/contrast-stretch.js';
import { newPlane, valuesOf, type Plane } from '../../fields/field.js';
import { gaussianBlur } from '../../fields/gaussian.js';
import type { BetweenTheLinesSettings } from './settings.js';

/** Shares outside of these become bare paper and solid ink: hairlines and pinholes do not print. */
export const LEAST_SHARE = 0.09;
export const MOST_SHARE = 0.9;
/** Beyond these no straight line may show. */
export const BARE_SHARE = 0.06;
export const SOLID_SHARE = 0.97;

const LOCAL_CONTRAST = 0.6;
const LEVELS = 1024;

/**
 * Turns lightness, in place, into the share of the pitch that ink covers: stretched to the photo's range, local contrast
 * raised.
 * @param lightness 0..1; becomes 0 bare paper .. 1.06 solid ink
 */
export async function inkShare(
  session: RenderSession,
  lightness: Plane,
  { darkness, highlights }: BetweenTheLinesSettings,
): Promise<void> {
  const { width, height } = lightness;
  const { low, high, flatness } = toneRange(valuesOf(session, lightness));
  // A flat photo is to keep its tones: shares of ink go in a straight line from black to white.
  const paper = 0.98 - 0.36 * highlights * (1 - flatness);
  const straight = darkness + (1 - darkness) * flatness;
  await session.arena.scoped(async () => {
    const surround = newPlane(session, lightness);
    valuesOf(session, surround).set(valuesOf(session, lightness));
    await gaussianBlur(session, surround, Math.max(width, height) / 80);
    await session.parallelRows(
      'inkShares',
      height,
      ...[lightness.at, surround.at, width, low, 1 / Math.max(0.1, high - low), LOCAL_CONTRAST, paper, straight],
    );
  });
}

/** Lightness that becomes black and white: below and above it lies one pixel in a hundred, unless the photo is too flat. */
function toneRange(lightness: Float32Array): { low: number; high: number; flatness: number } {
  const counts = new Int32Array(LEVELS);
  let total = 0;
  for (let i = 0; i < lightness.length; i += 3, total++) {
    counts[Math.min(LEVELS - 1, Math.max(0, Math.floor(lightness[i] * LEVELS)))]++;
  }
  const percentile = (share: number): number => {
    let level = 0;
    for (let seen = counts[0]; seen < share * total && level < LEVELS - 1; seen += counts[level]) level++;
    return (level + 0.5) / LEVELS;
  };
  const [low, high] = [percentile(0.01), percentile(0.99)];
  const share = stretchShare(counts, low, high);
  return { ...partialRange(low, high, share), flatness: 1 - share };
}
