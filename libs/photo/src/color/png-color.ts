import type { PngChunk } from '../png-chunks.js';
import { unpacked } from '../png-text.js';
import { calibratedColor, isExponent } from './calibrated.js';
import { encodingOfCodePoints } from './cicp.js';
import type { DeclaredColor } from './color-encoding.js';
import { matrixToD50, type Primaries, SRGB_PRIMARIES } from './colorimetry.js';
import { isUsableProfile } from './icc-header.js';

/**
 * What the chunks ahead of a PNG's pixels declare about its colors. Of several declarations the one of the highest rank
 * counts: cICP, iCCP, sRGB, then gAMA and cHRM (Portable Network Graphics, third edition, section 4.3).
 * @returns undefined when they declare nothing
 * @throws PhotoError `unsupported_format` when they declare HDR
 */
export function pngColor(head: readonly PngChunk[]): DeclaredColor | undefined {
  const chunk = (type: string): Buffer | undefined => head.find((one) => one.type === type)?.data;
  const [bits, isGray] = bitsAndGray(chunk('IHDR'));
  return (
    cicp(chunk('cICP'), bits) ??
    embeddedProfile(chunk('iCCP'), isGray) ??
    (chunk('sRGB') && 'srgb') ??
    gammaAndPrimaries(chunk('gAMA'), chunk('cHRM'))
  );
}

/** The bits of a stored value, which are those of the palette where there is one; and whether the picture is gray. */
function bitsAndGray(header: Buffer | undefined): [bits: number, isGray: boolean] {
  if (header === undefined || header.length < 10) return [8, false];
  const [bits, colorType] = [header[8], header[9]];
  const [isPalette, isGray] = [colorType === 3, colorType === 0 || colorType === 4];
  return [isPalette ? 8 : Math.max(8, bits), isGray];
}

function cicp(data: Buffer | undefined, bits: number): DeclaredColor | undefined {
  if (data?.length !== 4) return undefined;
  const [primaries, transfer, matrix, range] = data;
  if (range > 1) return undefined;
  return encodingOfCodePoints({ primaries, transfer, matrix, isFullRange: range === 1 }, bits);
}

function embeddedProfile(data: Buffer | undefined, isGray: boolean): DeclaredColor | undefined {
  if (data === undefined) return undefined;
  const nameEnd = data.indexOf(0);
  const profile = nameEnd < 0 ? undefined : unpacked(data.subarray(nameEnd + 2));
  return profile !== undefined && isUsableProfile(profile, isGray ? 'GRAY' : 'RGB ') ? profile : undefined;
}

/** What the numbers of gAMA and cHRM are multiples of. */
const UNIT = 100_000;

function gammaAndPrimaries(gamma: Buffer | undefined, chromaticities: Buffer | undefined): DeclaredColor | undefined {
  // The chunk has the exponent of stored value over light.
  const exponent = gamma?.length === 4 ? UNIT / gamma.readUInt32BE() : undefined;
  const primaries = chromaticities && primariesOf(chromaticities);
  if (!isExponent(exponent)) return primaries && calibratedColor(primaries, undefined);
  return calibratedColor(primaries ?? SRGB_PRIMARIES, exponent);
}

function primariesOf(data: Buffer): Primaries | undefined {
  if (data.length !== 32) return undefined;
  const [white, red, green, blue] = [0, 8, 16, 24].map(
    (at) => [data.readUInt32BE(at) / UNIT, data.readUInt32BE(at + 4) / UNIT] as const,
  );
  return matrixToD50({ white, red, green, blue }) && { white, red, green, blue };
}
