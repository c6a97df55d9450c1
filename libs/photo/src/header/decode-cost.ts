import { type FileHandle, open } from 'node:fs/promises';
import { SIGNATURE_BYTES, sniffFormat } from './formats.js';
import { jpegLayout, MAX_JPEG_SCANS, type ReadAt } from './jpeg-layout.js';
import { tiffCost } from './tiff-cost.js';

/**
 * What a pixel and a byte cost to decode, in processor seconds per 100 megapixels and per MiB of the file. Measured, and
 * rounded up: docs/adr/0028-fair-inspections.md has the table. A kind that is measured too low is preempted by the scheduler.
 */
export interface DecodeCost {
  readonly pixels: number;
  readonly per100Megapixels: number;
  readonly perMebibyte: number;
}

const MIB = 1024 * 1024;
const HUNDRED_MEGAPIXELS = 1e8;
/** What is no photo is refused by its first bytes. */
const NOTHING: DecodeCost = { pixels: 0, per100Megapixels: 0, perMebibyte: 0 };
/** A JPEG longer than this is assumed to have as many scans as are allowed. */
const MAX_JPEG_BYTES = 8 * MIB;

/** Bytes that show what PNG, WEBP and BMP hold. */
const HEAD_BYTES = 64;

/**
 * How long it takes to decode a photo, as its header has it: format, size, scans, interlace and depth. Reads little, decodes
 * nothing, and believes the header: a file that is not what it announces costs less, and ends as corrupt.
 * @returns processor seconds, 0 or more
 */
export async function estimateDecodeSeconds(path: string): Promise<number> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const { pixels, per100Megapixels, perMebibyte } = await costOf(file);
    return (Math.max(0, pixels) / HUNDRED_MEGAPIXELS) * per100Megapixels + (size / MIB) * perMebibyte;
  } finally {
    await file.close();
  }
}

async function costOf(file: FileHandle): Promise<DecodeCost> {
  const read: ReadAt = async (position, length) => {
    if (!Number.isSafeInteger(position)) return new Uint8Array();
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
    return buffer.subarray(0, bytesRead);
  };
  const head = Buffer.alloc(Math.max(HEAD_BYTES, SIGNATURE_BYTES));
  const { bytesRead } = await file.read(head, 0, head.length, 0);
  switch (sniffFormat(head.subarray(0, bytesRead))) {
    case 'JPEG':
      return jpegCost(read);
    case 'PNG':
      return pngCost(head);
    case 'WEBP':
      return webpCost(head);
    case 'TIFF':
      return tiffCost(read);
    case 'BMP':
      // Its cost is that of its bytes: plain rows are counted, run lengths followed.
      return { ...NOTHING, perMebibyte: 0.03 };
    default:
      return NOTHING;
  }
}

async function jpegCost(read: ReadAt): Promise<DecodeCost> {
  const { frame, scans, isCut } = await jpegLayout(read, { maxScans: MAX_JPEG_SCANS, maxBytes: MAX_JPEG_BYTES });
  // Refused by its scans, or broken.
  if (scans > MAX_JPEG_SCANS || !frame) return NOTHING;
  const pixels = frame.widthPx * frame.heightPx;
  if (scans <= 1 && !frame.isProgressive) return { pixels, per100Megapixels: 0.2, perMebibyte: 0.02 };
  // Coefficients of the whole picture are kept, and visited again for each scan.
  const visits = isCut ? MAX_JPEG_SCANS : scans;
  return { pixels, per100Megapixels: 1 + 0.15 * visits, perMebibyte: 0.02 };
}

/** Channels by color type: a palette comes out as colors, perhaps with transparency. */
const PNG_CHANNELS: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 4, 4: 2, 6: 4 };
const PNG_WITH_ALPHA = [3, 4, 6];

function pngCost(head: Buffer): DecodeCost {
  const [depth, color, interlace] = [head[24], head[25], head[28]];
  const sampleBytes = depth === 16 ? 2 : 1;
  const pixelBytes = (PNG_CHANNELS[color] ?? 4) * sampleBytes;
  const perByte = (PNG_WITH_ALPHA.includes(color) ? 0.4 : 0.15) + (interlace ? 0.5 : 0);
  const pixels = head.readUInt32BE(16) * head.readUInt32BE(20);
  return { pixels, per100Megapixels: pixelBytes * perByte, perMebibyte: 0.015 };
}

function webpCost(head: Buffer): DecodeCost {
  const kind = head.toString('latin1', 12, 16);
  if (kind === 'VP8 ') {
    const pixels = (head.readUInt16LE(26) & 0x3fff) * (head.readUInt16LE(28) & 0x3fff);
    return { pixels, per100Megapixels: 0.3, perMebibyte: 0.05 };
  }
  // The kind of coding follows behind metadata: the costlier one is assumed.
  const lossless = { per100Megapixels: 1.2, perMebibyte: 0.05 };
  if (kind === 'VP8L') {
    const bits = head.readUInt32LE(21);
    return { ...lossless, pixels: ((bits & 0x3fff) + 1) * (((bits >>> 14) & 0x3fff) + 1) };
  }
  if (kind === 'VP8X') return { ...lossless, pixels: (head.readUIntLE(24, 3) + 1) * (head.readUIntLE(27, 3) + 1) };
  return NOTHING;
}
