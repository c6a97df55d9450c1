import { inflateSync } from 'node:zlib';
import type { PngChunk } from './png-chunks.js';

/** A text in a PNG: its keyword, and its bytes unpacked. */
export interface PngText {
  readonly keyword: string;
  readonly bytes: Buffer;
}

/** More than any EXIF block, XMP packet or color profile takes. */
const MOST_BYTES = 16 << 20;

/**
 * The text of a tEXt, zTXt or iTXt chunk.
 * @param isWanted which keywords; the text of others is not unpacked
 * @returns undefined for other chunks, keywords and what cannot be unpacked
 */
export function readPngText({ type, data }: PngChunk, isWanted: (keyword: string) => boolean): PngText | undefined {
  if (type !== 'tEXt' && type !== 'zTXt' && type !== 'iTXt') return undefined;
  const end = data.indexOf(0);
  const keyword = data.toString('latin1', 0, Math.max(0, end));
  if (end <= 0 || !isWanted(keyword)) return undefined;
  const rest = data.subarray(end + 1);
  const bytes = { tEXt: () => rest, zTXt: () => unpacked(rest.subarray(1)), iTXt: () => internationalText(rest) }[
    type
  ]();
  return bytes && { keyword, bytes };
}

/** Behind the keyword: whether it is packed, how, a language and the keyword in it, the text. */
function internationalText(rest: Buffer): Buffer | undefined {
  const language = rest.indexOf(0, 2);
  const translated = language < 0 ? -1 : rest.indexOf(0, language + 1);
  if (translated < 0) return undefined;
  const text = rest.subarray(translated + 1);
  return rest[0] === 1 ? unpacked(text) : text;
}

/** Bytes that zlib packed; undefined when they are damaged or too many. */
export function unpacked(bytes: Buffer): Buffer | undefined {
  try {
    return inflateSync(bytes, { maxOutputLength: MOST_BYTES });
  } catch {
    return undefined;
  }
}

/** A profile as ImageMagick writes it into text: its kind, its length, then hexadecimal digits. */
export function readRawProfile(text: Buffer): Buffer | undefined {
  const match = /^\s*[^\n]+\n\s*(\d+)\s+/.exec(text.toString('latin1', 0, 200));
  if (match === null) return undefined;
  const digits = text.toString('latin1', match[0].length).replaceAll(/\s+/g, '');
  return Buffer.from(digits, 'hex').subarray(0, Number(match[1]));
}
