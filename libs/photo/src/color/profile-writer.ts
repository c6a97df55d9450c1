import type { ColorEncoding } from './color-encoding.js';
import { inverse, type Matrix, matrixToD50, multiplied, P3_PRIMARIES, SRGB_PRIMARIES } from './colorimetry.js';
import type { TransferFunction } from './transfer.js';

const HEADER_BYTES = 128;
const CURVE_ENTRIES = 4096;
const D50 = [0.9642, 1, 0.8249];

/**
 * An ICC profile (version 2.4, matrix and curves) of an encoding.
 * @param space what the picture is: gray, which has the curve alone; RGB; or RGB of 16 bits, whose profile does not fit other readers
 * @returns undefined when the primaries span no color space
 */
export function profileOf({ primaries, transfer }: ColorEncoding, space: 'GRAY' | 'RGB' | 'RGB16'): Buffer | undefined {
  const matrix = matrixToD50(primaries);
  if (matrix === undefined) return undefined;
  const curves = typeof transfer === 'function' ? [transfer, transfer, transfer] : transfer;
  if (space === 'GRAY') return written('GRAY', { ...COMMON, kTRC: curve(curves[1]) });
  return rgbProfile(space === 'RGB' ? matrix : multiplied(srgbReadAsP3(), matrix), curves);
}

/** The decoder turns RGB of 16 bits into P3 and then takes the numbers for sRGB: what is P3 to it must be sRGB to us. */
function srgbReadAsP3(): Matrix {
  const [p3, srgb] = [matrixToD50(P3_PRIMARIES)!, matrixToD50(SRGB_PRIMARIES)!];
  return multiplied(p3, inverse(srgb)!);
}

function rgbProfile(matrix: Matrix, curves: readonly TransferFunction[]): Buffer {
  const column = (i: number): Buffer => xyz(matrix.map((row) => row[i]));
  const [red, green, blue] = curves.map(curve);
  const colorants = { rXYZ: column(0), gXYZ: column(1), bXYZ: column(2) };
  return written('RGB ', { ...COMMON, ...colorants, rTRC: red, gTRC: green, bTRC: blue });
}

const NAME = 'As declared by the photo';

const COMMON: Readonly<Record<string, Buffer>> = {
  desc: description(NAME),
  cprt: Buffer.from('text\0\0\0\0None\0', 'latin1'),
  wtpt: xyz(D50),
};

function written(space: string, tags: Readonly<Record<string, Buffer>>): Buffer {
  const entries = Object.entries(tags);
  const table = Buffer.alloc(4 + 12 * entries.length);
  table.writeUInt32BE(entries.length);
  const parts = [table];
  let at = HEADER_BYTES + table.length;
  entries.forEach(([name, data], i) => {
    table.write(name, 4 + 12 * i, 'latin1');
    table.writeUInt32BE(at, 8 + 12 * i);
    table.writeUInt32BE(data.length, 12 + 12 * i);
    // Each tag begins at a multiple of four.
    const padded = Buffer.alloc(4 * Math.ceil(data.length / 4));
    data.copy(padded);
    parts.push(padded);
    at += padded.length;
  });
  return Buffer.concat([header(space, at), ...parts]);
}

function header(space: string, size: number): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES);
  bytes.writeUInt32BE(size);
  bytes.writeUInt32BE(0x02400000, 8);
  bytes.write(`mntr${space}XYZ `, 12, 'latin1');
  // A date is required; any will do.
  [2000, 1, 1, 0, 0, 0].forEach((value, i) => bytes.writeUInt16BE(value, 24 + 2 * i));
  bytes.write('acsp', 36, 'latin1');
  fixed(D50).copy(bytes, 68);
  return bytes;
}

function xyz(values: readonly number[]): Buffer {
  return Buffer.concat([Buffer.from('XYZ \0\0\0\0', 'latin1'), fixed(values)]);
}

/** Numbers with 16 bits behind the point. */
function fixed(values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, i) => bytes.writeInt32BE(Math.round(value * 65_536), 4 * i));
  return bytes;
}

function curve(transfer: TransferFunction): Buffer {
  const bytes = Buffer.alloc(12 + 2 * CURVE_ENTRIES);
  bytes.write('curv', 'latin1');
  bytes.writeUInt32BE(CURVE_ENTRIES, 8);
  for (let i = 0; i < CURVE_ENTRIES; i++) {
    const light = Math.min(1, Math.max(0, transfer(i / (CURVE_ENTRIES - 1))));
    bytes.writeUInt16BE(Math.round(65_535 * light), 12 + 2 * i);
  }
  return bytes;
}

/** A text description as version 2 has it: ASCII, with empty Unicode and Macintosh parts. */
function description(text: string): Buffer {
  const bytes = Buffer.alloc(12 + text.length + 1 + 78);
  bytes.write('desc', 'latin1');
  bytes.writeUInt32BE(text.length + 1, 8);
  bytes.write(text, 12, 'latin1');
  return bytes;
}
