import { createRequire } from 'node:module';
import { readFile } from 'node:fs/promises';
import { Worker } from 'node:worker_threads';
import { corruptPhoto } from './photo-errors.js';

/** What a BMP's headers say; `topDown` rows start at the top. */
export interface BmpHeader {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly bitsPerPixel: number;
  /** 0 none, 1 RLE8, 2 RLE4, 3 bit fields, 6 bit fields with alpha. */
  readonly compression: number;
  readonly pixelOffset: number;
  /** Whether the fourth channel is announced as alpha; otherwise its bytes mean nothing. */
  readonly hasAlpha: boolean;
}

/** Bytes of a BMP that {@link parseBmpHeader} looks at. */
export const BMP_HEADER_BYTES = 70;

const SUPPORTED_BITS = [1, 4, 8, 16, 24, 32];

/** @throws PhotoError `corrupt_photo` when the headers are cut short or contradict themselves */
export function parseBmpHeader(head: Buffer): BmpHeader {
  const isCore = head.length >= 26 && head.readUInt32LE(14) === 12;
  if (head.length < (isCore ? 26 : 54)) throw corruptPhoto('BMP header is cut short');
  const size = head.readUInt32LE(14);
  const header: BmpHeader = {
    widthPx: isCore ? head.readUInt16LE(18) : head.readInt32LE(18),
    heightPx: isCore ? head.readUInt16LE(20) : Math.abs(head.readInt32LE(22)),
    bitsPerPixel: head.readUInt16LE(isCore ? 24 : 28),
    compression: isCore ? 0 : head.readUInt32LE(30),
    pixelOffset: head.readUInt32LE(10),
    hasAlpha: size >= 56 && head.length >= 70 && head.readUInt32LE(66) !== 0,
  };
  const sane = header.widthPx > 0 && header.heightPx > 0 && SUPPORTED_BITS.includes(header.bitsPerPixel);
  if (!sane || header.pixelOffset < 14 + size) throw corruptPhoto('BMP header is contradictory');
  return header;
}

/** Whether the pixels are run-length coded, so that only following the codes tells if they are whole. */
export function isRunLengthCoded(header: BmpHeader): boolean {
  return header.compression === 1 || header.compression === 2;
}

/** Bytes a file must have to hold every row of an image that is not run-length coded. */
export function bmpBytesNeeded(header: BmpHeader): number {
  const rowBytes = Math.ceil((header.widthPx * header.bitsPerPixel) / 32) * 4;
  // Some writers leave out the padding of the very last row.
  const lastRowBytes = Math.ceil((header.widthPx * header.bitsPerPixel) / 8);
  return header.pixelOffset + rowBytes * (header.heightPx - 1) + lastRowBytes;
}

/** Decoded pixels: RGBA, 8 bits a channel, rows from the top. */
export interface RgbaImage {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

// The decoder's memory never shrinks and it blocks while it works: it lives in a thread that is thrown away afterwards.
const workerSource = `
const { parentPort, workerData } = require('node:worker_threads');
const { decode } = require(workerData.decoderPath);
const image = decode(workerData.file);
const { width, height } = image;
const data = new Uint8Array(image.data.buffer);
parentPort.postMessage({ width, height, data }, [data.buffer]);
`;

/**
 * Decodes a BMP of any usual depth, run-length coded or not.
 * @throws PhotoError `corrupt_photo`
 */
export async function decodeBmp(path: string): Promise<RgbaImage> {
  const bytes = await readFile(path);
  const header = parseBmpHeader(bytes);
  const isWhole = isRunLengthCoded(header) ? endsRunLengthData(bytes, header) : bytes.length >= bmpBytesNeeded(header);
  if (!isWhole) throw corruptPhoto('BMP pixel data is cut short');
  const image = await decodeInThread(bytes);
  if (image.width !== header.widthPx || image.height !== header.heightPx) {
    throw corruptPhoto('BMP decoder disagrees with the header');
  }
  if (!header.hasAlpha) makeOpaque(image.data);
  return image;
}

function decodeInThread(bytes: Uint8Array): Promise<RgbaImage> {
  return new Promise((resolve, reject) => {
    // Small buffers share their memory with others and must not be given away.
    const isOwn = bytes.buffer instanceof ArrayBuffer && bytes.byteLength === bytes.buffer.byteLength;
    const file = isOwn ? new Uint8Array(bytes.buffer) : Uint8Array.from(bytes);
    const decoderPath = createRequire(import.meta.url).resolve('@cwasm/nsbmp');
    const worker = new Worker(workerSource, {
      eval: true,
      workerData: { decoderPath, file },
      transferList: [file.buffer],
    });
    worker.once('message', (image: RgbaImage) => {
      resolve(image);
      void worker.terminate();
    });
    worker.once('error', (error) => reject(corruptPhoto(error)));
    worker.once('exit', () => reject(corruptPhoto('BMP decoder ended without a picture')));
  });
}

/**
 * Whether run-length data carries its end-of-bitmap mark, or at least covers every row, and stays within the picture. The
 * decoder itself fills a missing rest with background, so a cut file would pass as a picture.
 */
export function endsRunLengthData(bytes: Buffer, header: BmpHeader): boolean {
  const pixelsPerByte = header.compression === 2 ? 2 : 1;
  let at = header.pixelOffset;
  let row = 0;
  let column = 0;
  while (at + 1 < bytes.length) {
    const count = bytes[at++];
    const value = bytes[at++];
    let drawn = count;
    if (count === 0 && value === 1) return true;
    else if (count === 0 && value === 0) [row, column] = [row + 1, 0];
    else if (count === 0 && value === 2) {
      if (at + 1 >= bytes.length) return false;
      column += bytes[at++];
      row += bytes[at++];
    } else if (count === 0) {
      const literalBytes = Math.ceil(value / pixelsPerByte);
      at += literalBytes + (literalBytes & 1);
      drawn = value;
      if (at > bytes.length) return false;
    }
    column += drawn;
    // After the last row only the end may follow.
    if (row > header.heightPx || column > header.widthPx || (drawn > 0 && row === header.heightPx)) return false;
  }
  return row >= header.heightPx || (row === header.heightPx - 1 && column >= header.widthPx);
}

function makeOpaque(rgba: Uint8Array): void {
  for (let i = 3; i < rgba.length; i += 4) rgba[i] = 255;
}
