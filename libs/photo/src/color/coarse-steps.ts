import { lightToSrgb, type TransferFunction } from './transfer.js';

/** How far coarse steps may take a print off, of 255: half of what independent readers may be apart. */
const TOLERANCE = 1.5;
const SAMPLES = 4096;
/** Points at which the decoder's color library asks a gray profile. */
const GRAY_TABLE = 33;

const printed = (light: number): number => 255 * lightToSrgb(Math.min(1, Math.max(0, light)));

/** Whether numbers of 16 bits lose more than a print may, when they are brought to 8 bits before the curve is applied. */
export function needsAllBits(curve: TransferFunction): boolean {
  return isOff(
    (value) => printed(curve(value)),
    (value) => printed(curve(Math.round(255 * value) / 255)),
  );
}

/** Whether a gray curve is bent too much for the table that the decoder's color library makes of it. */
export function needsWholeCurve(curve: TransferFunction): boolean {
  const points = Array.from({ length: GRAY_TABLE }, (_, i) => printed(curve(i / (GRAY_TABLE - 1))));
  return isOff(
    (value) => printed(curve(value)),
    (value) => {
      const place = value * (GRAY_TABLE - 1);
      const below = Math.min(GRAY_TABLE - 2, Math.floor(place));
      return points[below] + (place - below) * (points[below + 1] - points[below]);
    },
  );
}

function isOff(right: TransferFunction, coarse: TransferFunction): boolean {
  for (let i = 0; i < SAMPLES; i++) {
    const value = i / (SAMPLES - 1);
    if (Math.abs(right(value) - coarse(value)) > TOLERANCE) return true;
  }
  return false;
}
