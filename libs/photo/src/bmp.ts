import { type FileHandle, open } from 'node:fs/promises';
import { BMP_HEADER_BYTES, type BmpHeader, bmpBytesNeeded, bmpRowBytes, parseBmpHeader } from './bmp-header.js';
import { type Palette, readPalette, rowConverter } from './bmp-rows.js';
import { readRunLength } from './bmp-run-length.js';
import { BMP_COLOR_HEAD_BYTES, bmpColor } from './color/bmp-color.js';
import { isUsableProfile } from './color/icc-header.js';
import { profileOf } from './color/profile-writer.js';
import { corruptPhoto } from './photo-errors.js';

/** Decoded pixels. */
export interface BmpImage {
  readonly width: number;
  readonly height: number;
  /** RGB, 8 bits a channel, rows from the top; behind what was to be put ahead of them. */
  readonly data: Uint8Array;
}

/** Rows are read from the file in pieces of about this size, so that no copy of the file is held. */
const PIECE_BYTES = 1 << 20;

/** More than run-length data of the largest photo can sensibly take. */
const MOST_RUN_LENGTH_BYTES = 1 << 29;

/**
 * Proves that a BMP holds every pixel that it announces, without decoding it.
 * @throws PhotoError `corrupt_photo`
 */
export async function proveBmpWhole(path: string): Promise<void> {
  await withBmp(path, async (file, header) => {
    if (!(await isWhole(file, header))) throw corruptPhoto('BMP pixel data is cut short');
  });
}

/**
 * Decodes a BMP of any usual depth, run-length coded or not; transparency is laid on white. Needs three bytes a pixel.
 * @param headFor bytes to put ahead of the pixels, in one piece with them
 * @throws PhotoError `corrupt_photo`
 */
export async function decodeBmp(
  path: string,
  headFor?: (width: number, height: number) => Uint8Array,
): Promise<BmpImage> {
  return withBmp(path, async (file, header) => {
    const palette = readPalette(await readBytes(file, header.palette.offset, paletteBytes(header)), header);
    const decode = header.coding === 'plain' ? decodePlain : decodeRunLength;
    const { widthPx: width, heightPx: height } = header;
    let data = new Uint8Array();
    const allocate = (): Uint8Array => {
      const head = headFor?.(width, height) ?? new Uint8Array();
      data = new Uint8Array(head.length + 3 * width * height);
      data.set(head);
      return data.subarray(head.length);
    };
    await decode(file, { header, palette, allocate });
    return { width, height, data };
  });
}

/** What pixels are decoded with; memory for them is taken only once the file is known to fill it. */
interface Decoding {
  readonly header: BmpHeader;
  readonly palette: Palette;
  readonly allocate: () => Uint8Array;
}

/**
 * The profile that a BMP declares its colors by, in the file or by numbers in its header.
 * @returns undefined for sRGB, or when the profile is damaged
 * @throws PhotoError `unsupported_format` when the profile is in another file
 */
export async function bmpProfile(path: string): Promise<Buffer | undefined> {
  return withBmp(path, async (file) => {
    const color = bmpColor(await readBytes(file, 0, BMP_COLOR_HEAD_BYTES));
    if (color === undefined) return undefined;
    if ('primaries' in color) return profileOf(color, 'RGB');
    const { size } = await file.stat();
    if (color.at + color.length > size) return undefined;
    const profile = await readBytes(file, color.at, color.length);
    return isUsableProfile(profile, 'RGB ') ? profile : undefined;
  });
}

async function withBmp<T>(path: string, use: (file: FileHandle, header: BmpHeader) => Promise<T>): Promise<T> {
  const file = await open(path, 'r');
  try {
    return await use(file, parseBmpHeader(await readBytes(file, 0, BMP_HEADER_BYTES)));
  } finally {
    await file.close();
  }
}

/** Whether a BMP announces transparency and has no pixel that shows. */
export async function isBmpTransparent(path: string): Promise<boolean> {
  return withBmp(path, async (file, header) => {
    const [, , , alpha] = header.masks;
    if (!header.hasAlpha || header.coding !== 'plain' || alpha.max === 0) return false;
    const [rowBytes, pixelBytes] = [bmpRowBytes(header), header.bitsPerPixel / 8];
    for (let row = 0; row < header.heightPx; row++) {
      const bytes = await readBytes(file, header.pixelOffset + row * rowBytes, header.widthPx * pixelBytes);
      for (let at = 0; at + pixelBytes <= bytes.length; at += pixelBytes) {
        if (((bytes.readUIntLE(at, pixelBytes) >>> alpha.shift) & alpha.max) !== 0) return false;
      }
    }
    return true;
  });
}

/**
 * Where the last byte of a BMP lies that its headers speak of: of the pixels, or of a profile behind them.
 * @returns undefined when the pixels are not whole
 */
export async function bmpEnd(path: string): Promise<number | undefined> {
  return withBmp(path, async (file, header) => {
    const { size } = await file.stat();
    const end = header.coding === 'plain' ? endOfRows(header, size) : await readRunLength(await readAll(file), header);
    const color = bmpColor(await readBytes(file, 0, BMP_COLOR_HEAD_BYTES));
    const profileEnd = color !== undefined && 'at' in color ? color.at + color.length : 0;
    return end === undefined ? undefined : Math.max(end, profileEnd <= size ? profileEnd : 0);
  });
}

function endOfRows(header: BmpHeader, size: number): number | undefined {
  if (size < bmpBytesNeeded(header)) return undefined;
  return Math.min(size, header.pixelOffset + bmpRowBytes(header) * header.heightPx);
}

async function isWhole(file: FileHandle, header: BmpHeader): Promise<boolean> {
  if (header.coding !== 'plain') return (await readRunLength(await readAll(file), header)) !== undefined;
  // Plain rows need no decoding: any bytes are pixels, as long as all of them are there.
  return (await file.stat()).size >= bmpBytesNeeded(header);
}

async function decodePlain(file: FileHandle, { header, palette, allocate }: Decoding): Promise<void> {
  if (!(await isWhole(file, header))) throw corruptPhoto('BMP pixel data is cut short');
  const { widthPx, heightPx, topDown, pixelOffset } = header;
  const rowBytes = bmpRowBytes(header);
  const rowsAtOnce = Math.max(1, Math.floor(PIECE_BYTES / rowBytes));
  const convert = rowConverter(header, palette);
  const rgb = allocate();
  // Longer than needed by what the last row may lack in padding.
  const piece = Buffer.alloc(rowsAtOnce * rowBytes);
  for (let first = 0; first < heightPx; first += rowsAtOnce) {
    await file.read(piece, 0, piece.length, pixelOffset + first * rowBytes);
    for (let row = first; row < Math.min(heightPx, first + rowsAtOnce); row++) {
      const y = topDown ? row : heightPx - 1 - row;
      convert(piece, (row - first) * rowBytes, rgb, 3 * widthPx * y);
    }
  }
}

async function decodeRunLength(file: FileHandle, { header, palette, allocate }: Decoding): Promise<void> {
  const bytes = await readAll(file);
  if ((await readRunLength(bytes, header)) === undefined) throw corruptPhoto('BMP pixel data is cut short');
  const rgb = allocate();
  // What the data passes over shows the first color.
  if (palette[0] || palette[1] || palette[2]) fillWith(rgb, palette.subarray(0, 3));
  await readRunLength(bytes, header, { rgb, palette });
}

/** Repeats a pattern over bytes whose number is a multiple of its own. */
function fillWith(bytes: Uint8Array, pattern: Uint8Array): void {
  bytes.set(pattern);
  for (let filled = pattern.length; filled < bytes.length; filled *= 2) bytes.copyWithin(filled, 0, filled);
}

function paletteBytes({ palette: { entries, entryBytes } }: BmpHeader): number {
  return entries * entryBytes;
}

async function readAll(file: FileHandle): Promise<Buffer> {
  return readBytes(file, 0, Math.min((await file.stat()).size, MOST_RUN_LENGTH_BYTES));
}

async function readBytes(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
  return buffer.subarray(0, bytesRead);
}
