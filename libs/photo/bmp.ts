import { type FileHandle, open } from 'node:fs/promises';
import { BMP_HEADER_BYTES, type BmpHeader, bmpBytesNeeded, bmpRowBytes, parseBmpHeader } from './bmp-header.js';
import { type Palette, readPalette, rowConverter } from './bmp-rows.js';
import { readRunLength } from './bmp-run-length.js';
import { corruptPhoto } from './photo-errors.js';

/** Decoded pixels: RGB, 8 bits a channel, rows from the top. */
export interface BmpImage {
  readonly width: number;
  readonly height: number;
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
 * @throws PhotoError `corrupt_photo`
 */
export async function decodeBmp(path: string): Promise<BmpImage> {
  return withBmp(path, async (file, header) => {
    const palette = readPalette(await readBytes(file, header.palette.offset, paletteBytes(header)), header);
    const decode = header.coding === 'plain' ? decodePlain : decodeRunLength;
    return { width: header.widthPx, height: header.heightPx, data: await decode(file, header, palette) };
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

async function isWhole(file: FileHandle, header: BmpHeader): Promise<boolean> {
  if (header.coding !== 'plain') return readRunLength(await readAll(file), header);
  // Plain rows need no decoding: any bytes are pixels, as long as all of them are there.
  return (await file.stat()).size >= bmpBytesNeeded(header);
}

async function decodePlain(file: FileHandle, header: BmpHeader, palette: Palette): Promise<Uint8Array> {
  // Memory is taken only once the file is known to fill it.
  if (!(await isWhole(file, header))) throw corruptPhoto('BMP pixel data is cut short');
  const { widthPx, heightPx, topDown, pixelOffset } = header;
  const rowBytes = bmpRowBytes(header);
  const rowsAtOnce = Math.max(1, Math.floor(PIECE_BYTES / rowBytes));
  const convert = rowConverter(header, palette);
  const rgb = new Uint8Array(3 * widthPx * heightPx);
  // Longer than needed by what the last row may lack in padding.
  const piece = Buffer.alloc(rowsAtOnce * rowBytes);
  for (let first = 0; first < heightPx; first += rowsAtOnce) {
    await file.read(piece, 0, piece.length, pixelOffset + first * rowBytes);
    for (let row = first; row < Math.min(heightPx, first + rowsAtOnce); row++) {
      const y = topDown ? row : heightPx - 1 - row;
      convert(piece, (row - first) * rowBytes, rgb, 3 * widthPx * y);
    }
  }
  return rgb;
}

async function decodeRunLength(file: FileHandle, header: BmpHeader, palette: Palette): Promise<Uint8Array> {
  const bytes = await readAll(file);
  if (!(await readRunLength(bytes, header))) throw corruptPhoto('BMP pixel data is cut short');
  const rgb = new Uint8Array(3 * header.widthPx * header.heightPx);
  // What the data passes over shows the first color.
  if (palette[0] || palette[1] || palette[2]) fillWith(rgb, palette.subarray(0, 3));
  await readRunLength(bytes, header, { rgb, palette });
  return rgb;
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
