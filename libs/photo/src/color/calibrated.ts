import type { ColorEncoding } from './color-encoding.js';
import { isSamePrimaries, type Primaries, SRGB_PRIMARIES } from './colorimetry.js';
import { linearLight, powerLaw, srgbToLight, type TransferFunction } from './transfer.js';

/** The exponent that writers give for the curve of sRGB, which no exponent describes. */
const SRGB_EXPONENT = 2.2;
const EXPONENT_TOLERANCE = 0.025;
const [LEAST_EXPONENT, MOST_EXPONENT] = [0.1, 10];

/** Whether an exponent is one that a picture can have; others are taken for damage. */
export function isExponent(value: number | undefined): value is number {
  return value !== undefined && value >= LEAST_EXPONENT && value <= MOST_EXPONENT;
}

/**
 * The encoding that primaries and an exponent describe. About 2.2 with the primaries of sRGB stands for sRGB itself, as
 * libpng has it: that is what nearly all files mean by it.
 * @param exponent of light over stored value, for all channels or for each; undefined for the curve of sRGB
 */
export function calibratedColor(
  primaries: Primaries,
  exponent: number | readonly [number, number, number] | undefined,
): ColorEncoding | 'srgb' {
  const exponents = typeof exponent === 'number' ? [exponent] : (exponent ?? []);
  const isSrgbCurve = exponents.every((value) => Math.abs(value - SRGB_EXPONENT) < EXPONENT_TOLERANCE);
  if (isSrgbCurve && isSamePrimaries(primaries, SRGB_PRIMARIES)) return 'srgb';
  if (exponent === undefined) return { primaries, transfer: srgbToLight };
  if (typeof exponent === 'number') return { primaries, transfer: curveOf(exponent) };
  const [red, green, blue] = exponent;
  return { primaries, transfer: [curveOf(red), curveOf(green), curveOf(blue)] };
}

function curveOf(exponent: number): TransferFunction {
  return exponent === 1 ? linearLight : powerLaw(exponent);
}
