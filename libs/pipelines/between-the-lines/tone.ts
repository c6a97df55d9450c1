import { gaussianBlur } from '../fields/gaussian.js';
import { percentile } from '../fields/lightness.js';
import { newPlane, type Plane } from '../fields/plane.js';
import type { BetweenTheLinesSettings } from './settings.js';

const LOCAL_CONTRAST = 0.6;

/**
 * Share of the pitch that ink covers, from lightness: stretched to the photo's range, local contrast raised.
 * @param lightness 0..1
 * @returns 0 bare paper .. 1 solid ink
 */
export function inkShare(lightness: Plane, { darkness, highlights }: BetweenTheLinesSettings): Plane {
  const low = percentile(lightness, 0.01);
  const span = Math.max(0.1, percentile(lightness, 0.99) - low);
  const surround = gaussianBlur(lightness, Math.max(lightness.width, lightness.height) / 80);
  const paper = 0.98 - 0.36 * highlights;
  const out = newPlane(lightness.width, lightness.height);
  for (let i = 0; i < out.data.length; i++) {
    const local = lightness.data[i] + LOCAL_CONTRAST * (lightness.data[i] - surround.data[i]);
    const light = Math.min(1, Math.max(0, (local - low) / span));
    const dark = Math.max(0, (paper - light) / paper);
    // Between a parabola that keeps mid-tones open and a straight line that fills them.
    out.data[i] = dark * (darkness + (1 - darkness) * dark) * 1.06;
  }
  return out;
}
