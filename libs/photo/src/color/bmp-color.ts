import { unsupportedKind } from '../photo-errors.js';
import { calibratedColor, isExponent } from './calibrated.js';
import type { ColorEncoding } from './color-encoding.js';
import { type Chromaticity, D65, matrixToD50 } from './colorimetry.js';

/** Bytes of a BMP that {@link bmpColor} looks at. */
export const BMP_COLOR_HEAD_BYTES = 138;

/** Where a BMP has a color profile. */
export interface EmbeddedBmpProfile {
  readonly at: number;
  readonly length: number;
}

const INFO_AT = 14;
const [V4_BYTES, V5_BYTES] = [108, 124];
const [TYPE_AT, ENDPOINTS_AT, GAMMAS_AT, PROFILE_AT] = [70, 74, 110, 126];
const [CALIBRATED, EMBEDDED, LINKED] = [0, 0x4d424544, 0x4c494e4b];
/** Endpoints have 30 bits behind the point, exponents 16. */
const [ENDPOINT_UNIT, GAMMA_UNIT] = [2 ** 30, 2 ** 16];

/**
 * What the header of a BMP (version 4 or 5) declares about its colors.
 * @returns undefined for sRGB, the colors of Windows, and where nothing is declared
 * @throws PhotoError `unsupported_format` when the profile is in another file
 */
export function bmpColor(head: Buffer): ColorEncoding | EmbeddedBmpProfile | undefined {
  const size = head.length >= BMP_COLOR_HEAD_BYTES ? head.readUInt32LE(INFO_AT) : 0;
  if (size < V4_BYTES) return undefined;
  const type = head.readUInt32LE(TYPE_AT);
  if (type === CALIBRATED) return calibration(head);
  if (size < V5_BYTES) return undefined;
  if (type === LINKED) {
    throw unsupportedKind('BMP whose color profile is in another file', 'embed the profile, or save the photo in sRGB');
  }
  if (type !== EMBEDDED) return undefined;
  return { at: INFO_AT + head.readUInt32LE(PROFILE_AT), length: head.readUInt32LE(PROFILE_AT + 4) };
}

function calibration(head: Buffer): ColorEncoding | undefined {
  const endpoints = [0, 12, 24].map((at) =>
    [0, 4, 8].map((axis) => head.readInt32LE(ENDPOINTS_AT + at + axis) / ENDPOINT_UNIT),
  );
  const exponents = [0, 4, 8].map((at) => exponentOf(head.readUInt32LE(GAMMAS_AT + at) / GAMMA_UNIT));
  // Many writers declare calibrated colors and leave the numbers blank.
  if (!exponents.every(isExponent)) return undefined;
  const [red, green, blue] = endpoints.map(chromaticityOf);
  const primaries = { red, green, blue, white: whiteOf(endpoints) };
  if (matrixToD50(primaries) === undefined) return undefined;
  const [redExponent, greenExponent, blueExponent] = exponents;
  const color = calibratedColor(primaries, [redExponent, greenExponent, blueExponent]);
  return color === 'srgb' ? undefined : color;
}

/** Some writers give the exponent of stored value over light, which is below 1. */
function exponentOf(gamma: number): number {
  return gamma > 0 && gamma < 0.95 ? 1 / gamma : gamma;
}

function chromaticityOf([x, y, z]: readonly number[]): Chromaticity {
  const sum = x + y + z;
  return [x / sum, y / sum];
}

/** The sum of the endpoints, when they are XYZ and not mere chromaticities, of which each adds up to 1. */
function whiteOf(endpoints: readonly (readonly number[])[]): Chromaticity {
  const white = [0, 1, 2].map((axis) => endpoints.reduce((sum, endpoint) => sum + endpoint[axis], 0));
  return Math.abs(white[1] - 1) < 0.1 &&
    endpoints.some((endpoint) => Math.abs(endpoint[0] + endpoint[1] + endpoint[2] - 1) > 0.02)
    ? chromaticityOf(white)
    : D65;
}
