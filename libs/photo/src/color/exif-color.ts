import type { ExifDeclarations } from '../exif.js';
import { calibratedColor, isExponent } from './calibrated.js';
import type { ColorEncoding } from './color-encoding.js';
import { ADOBE_RGB_PRIMARIES, type Chromaticity, matrixToD50 } from './colorimetry.js';
import { powerLaw } from './transfer.js';

/** Adobe RGB (1998) color image encoding, section 4.3.1.2. */
export const ADOBE_RGB: ColorEncoding = { primaries: ADOBE_RGB_PRIMARIES, transfer: powerLaw(563 / 256) };

const SRGB = 1;
const ADOBE = 2;
const UNCALIBRATED = 65_535;
const ADOBE_INTEROP_INDEX = 'R03';

/**
 * The color space that EXIF data declare: Adobe RGB by the interoperability index of the DCF or by the number that some
 * cameras write, or another one by its primaries, white point and gamma.
 * @returns undefined for sRGB and where nothing is declared
 */
export function exifColor(exif: ExifDeclarations): ColorEncoding | undefined {
  const { colorSpace, interopIndex } = exif;
  if (colorSpace === SRGB) return undefined;
  if (colorSpace === ADOBE || interopIndex === ADOBE_INTEROP_INDEX) return ADOBE_RGB;
  return colorSpace === UNCALIBRATED ? calibration(exif) : undefined;
}

function calibration({ whitePoint, primaryChromaticities, gamma }: ExifDeclarations): ColorEncoding | undefined {
  if (whitePoint?.length !== 2 || primaryChromaticities?.length !== 6) return undefined;
  if (!isExponent(gamma)) return undefined;
  const pair = (numbers: readonly number[], at: number): Chromaticity => [numbers[at], numbers[at + 1]];
  const [red, green, blue] = [0, 2, 4].map((at) => pair(primaryChromaticities, at));
  const primaries = { red, green, blue, white: pair(whitePoint, 0) };
  const color = matrixToD50(primaries) && calibratedColor(primaries, gamma);
  return color === 'srgb' ? undefined : color;
}
