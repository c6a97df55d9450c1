import { unsupportedKind } from '../photo-errors.js';
import type { ColorEncoding } from './color-encoding.js';
import { D65, isSamePrimaries, type Primaries, SRGB_PRIMARIES } from './colorimetry.js';
import {
  bt709ToLight,
  linearLight,
  powerLaw,
  srgbToLight,
  st240ToLight,
  st428ToLight,
  type TransferFunction,
} from './transfer.js';

const C: Primaries['white'] = [0.31, 0.316];
const SMPTE_170M: Primaries = { red: [0.63, 0.34], green: [0.31, 0.595], blue: [0.155, 0.07], white: D65 };

/** Primaries by their code in ITU-T H.273, table 2. */
const PRIMARIES: Readonly<Record<number, Primaries>> = {
  1: SRGB_PRIMARIES,
  4: { red: [0.67, 0.33], green: [0.21, 0.71], blue: [0.14, 0.08], white: C },
  5: { red: [0.64, 0.33], green: [0.29, 0.6], blue: [0.15, 0.06], white: D65 },
  6: SMPTE_170M,
  7: SMPTE_170M,
  8: { red: [0.681, 0.319], green: [0.243, 0.692], blue: [0.145, 0.049], white: C },
  9: { red: [0.708, 0.292], green: [0.17, 0.797], blue: [0.131, 0.046], white: D65 },
  11: { red: [0.68, 0.32], green: [0.265, 0.69], blue: [0.15, 0.06], white: [0.314, 0.351] },
  12: { red: [0.68, 0.32], green: [0.265, 0.69], blue: [0.15, 0.06], white: D65 },
  22: { red: [0.63, 0.34], green: [0.295, 0.605], blue: [0.155, 0.077], white: D65 },
};

/** Transfer characteristics by their code in ITU-T H.273, table 3. */
const TRANSFERS: Readonly<Record<number, TransferFunction>> = {
  1: bt709ToLight,
  4: powerLaw(2.2),
  5: powerLaw(2.8),
  6: bt709ToLight,
  7: st240ToLight,
  8: linearLight,
  13: srgbToLight,
  14: bt709ToLight,
  15: bt709ToLight,
  17: st428ToLight,
};

/** Codes that are defined but mean a range of light, or colors beyond the primaries, that a print of 8 bits cannot show. */
const REFUSED: Readonly<Record<number, string>> = {
  9: 'a logarithmic curve',
  10: 'a logarithmic curve',
  11: 'the extended colors of xvYCC',
  12: 'the extended colors of BT.1361',
  16: 'the HDR curve PQ',
  18: 'the HDR curve HLG',
};
const XYZ_PRIMARIES = 10;

/** Coding-independent code points, as a PNG's cICP chunk has them. */
export interface CodePoints {
  readonly primaries: number;
  readonly transfer: number;
  readonly matrix: number;
  readonly isFullRange: boolean;
}

/**
 * The encoding that code points stand for.
 * @param bits of a stored value, which narrow range counts in
 * @returns undefined when they are reserved, unspecified or not allowed: then they declare nothing
 * @throws PhotoError `unsupported_format` for HDR and other curves that a print cannot show
 */
export function encodingOfCodePoints(
  { primaries, transfer, matrix, isFullRange }: CodePoints,
  bits: number,
): ColorEncoding | 'srgb' | undefined {
  if (matrix !== 0) return undefined;
  const refused = primaries === XYZ_PRIMARIES ? 'XYZ primaries' : REFUSED[transfer];
  if (refused !== undefined) {
    throw unsupportedKind(
      `PNG with ${refused} (cICP ${primaries}/${transfer})`,
      'export it in standard dynamic range as a JPEG or PNG in sRGB, Display P3 or Adobe RGB',
    );
  }
  const [known, curve] = [PRIMARIES[primaries], TRANSFERS[transfer]];
  if (known === undefined || curve === undefined) return undefined;
  const isSrgb = isSamePrimaries(known, SRGB_PRIMARIES) && curve === srgbToLight && isFullRange;
  return isSrgb ? 'srgb' : { primaries: known, transfer: isFullRange ? curve : narrowRange(curve, bits) };
}

/** Black is stored as 16 and white as 235, of 256 steps. */
function narrowRange(curve: TransferFunction, bits: number): TransferFunction {
  const [unit, most] = [2 ** (bits - 8), 2 ** bits - 1];
  return (value) => curve(Math.min(1, Math.max(0, (value * most - 16 * unit) / (219 * unit))));
}
