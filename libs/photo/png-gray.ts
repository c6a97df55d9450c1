import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { crc32, createDeflate, createInflate } from 'node:zlib';
import { corruptPhoto } from './photo-errors.js';
import { encodePng, pngChunks, type PngChunk } from './png-chunks.js';

const [GRAY, RGB, PALETTE, GRAY_ALPHA, RGB_ALPHA] = [0, 2, 3, 4, 6];
/** Chunks whose form depends on the number of channels, and that change no pixel. */
const DROPPED = ['PLTE', 'bKGD', 'sBIT', 'hIST', 'sPLT'];
/** Of each pass of an interlaced PNG: its first column and row, and how far apart they are. */
const PASSES = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

/**
 * A gray PNG as one in RGB with the same pixels: gray profiles are applied from a table of 33 entries, too coarse for
 * shadows that are stored as light.
 * @returns the file as it is when it is not gray
 * @throws PhotoError `corrupt_photo`
 */
export async function grayPngAsRgb(bytes: Buffer): Promise<Buffer> {
  const chunks = [...pngChunks(bytes)];
  const header = chunks[0]?.data;
  if (chunks[0]?.type !== 'IHDR' || header.length !== 13) return bytes;
  const [bits, color] = [header[8], header[9]];
  if (color === GRAY && bits <= 8) return asPalette(chunks, bits);
  return color === GRAY || color === GRAY_ALPHA ? asTrueColor(chunks) : bytes;
}

/** The stored numbers become places in a table of grays; the pixels need no change. */
function asPalette(chunks: readonly PngChunk[], bits: number): Buffer {
  const count = 1 << bits;
  const grays = Buffer.alloc(3 * count);
  for (let i = 0; i < count; i++) grays.fill(Math.round((i * 255) / (count - 1)), 3 * i, 3 * i + 3);
  return encodePng(
    chunks.flatMap((chunk) => {
      if (chunk.type === 'IHDR') return [withColor(chunk, PALETTE), { type: 'PLTE', data: grays }];
      if (chunk.type === 'tRNS') return [{ type: 'tRNS', data: transparentEntry(chunk.data, count) }];
      return DROPPED.includes(chunk.type) ? [] : [chunk];
    }),
  );
}

/** @param gray the one gray that is transparent */
function transparentEntry(gray: Buffer, count: number): Buffer {
  const place = gray.length === 2 ? gray.readUInt16BE() : count;
  const opacities = Buffer.alloc(Math.min(count, place + 1), 255);
  if (place < count) opacities[place] = 0;
  return opacities;
}

function withColor({ type, data }: PngChunk, color: number): PngChunk {
  const header = Buffer.from(data);
  header[9] = color;
  return { type, data: header };
}

async function asTrueColor(chunks: readonly PngChunk[]): Promise<Buffer> {
  const [{ data: header }] = chunks;
  const hasAlpha = header[9] === GRAY_ALPHA;
  const pixels = await widenedPixels(chunks, header, hasAlpha);
  const isPixels = (type: string): boolean => type === 'IDAT' || type === 'fdAT';
  const first = chunks.findIndex(({ type }) => type === 'IDAT');
  return encodePng(
    chunks.flatMap((chunk, i) => {
      if (i === 0) return [withColor(chunk, hasAlpha ? RGB_ALPHA : RGB)];
      if (i === first) return [{ type: 'IDAT', data: pixels }];
      if (chunk.type === 'tRNS') return [{ type: 'tRNS', data: Buffer.concat([chunk.data, chunk.data, chunk.data]) }];
      return isPixels(chunk.type) || DROPPED.includes(chunk.type) ? [] : [chunk];
    }),
  );
}

/**
 * Packed rows with each gray three times. Filters look back by whole pixels, so that filtered bytes are copied like any.
 * @throws PhotoError `corrupt_photo`
 */
async function widenedPixels(chunks: readonly PngChunk[], header: Buffer, hasAlpha: boolean): Promise<Buffer> {
  const packed = chunks.filter(({ type }) => type === 'IDAT');
  // The copy has checksums of its own.
  if (packed.some(({ type, data, checksum }) => crc32(data, crc32(type)) !== checksum)) {
    throw corruptPhoto('PNG pixel data has a wrong checksum');
  }
  const parts: Buffer[] = [];
  const source = packed.map(({ data }) => data);
  try {
    await pipeline(
      source,
      createInflate(),
      new Widener(header, hasAlpha),
      createDeflate({ level: 1 }),
      async (output) => {
        for await (const part of output) parts.push(part as Buffer);
      },
    );
  } catch (error) {
    throw corruptPhoto(error);
  }
  return Buffer.concat(parts);
}

/** Takes rows in pieces of any length; what follows the last row is left out. */
class Widener extends Transform {
  private readonly sampleBytes: number;
  private readonly channels: number;
  private readonly rows: Iterator<number>;
  private rowPixels: number;
  private kept = Buffer.alloc(0);

  constructor(header: Buffer, hasAlpha: boolean) {
    super();
    this.sampleBytes = header[8] / 8;
    this.channels = hasAlpha ? 2 : 1;
    this.rows = rowLengths(header);
    this.rowPixels = this.nextRow();
  }

  override _transform(piece: Buffer, _: string, done: (error?: Error | null, data?: Buffer) => void): void {
    const bytes = this.kept.length > 0 ? Buffer.concat([this.kept, piece]) : piece;
    const wide: Buffer[] = [];
    let at = 0;
    while (this.rowPixels > 0) {
      const end = at + 1 + this.rowPixels * this.channels * this.sampleBytes;
      if (end > bytes.length) break;
      wide.push(this.widen(bytes.subarray(at, end)));
      at = end;
      this.rowPixels = this.nextRow();
    }
    this.kept = this.rowPixels > 0 ? Buffer.from(bytes.subarray(at)) : Buffer.alloc(0);
    done(null, Buffer.concat(wide));
  }

  /** A row is the number of its filter and its pixels. */
  private widen(row: Buffer): Buffer {
    const { sampleBytes, channels } = this;
    const wide = Buffer.allocUnsafe(1 + this.rowPixels * (channels + 2) * sampleBytes);
    let to = 0;
    wide[to++] = row[0];
    for (let from = 1; from < row.length; from += channels * sampleBytes) {
      for (let copy = 0; copy < 3; copy++) for (let i = 0; i < sampleBytes; i++) wide[to++] = row[from + i];
      if (channels === 2) for (let i = 0; i < sampleBytes; i++) wide[to++] = row[from + sampleBytes + i];
    }
    return wide;
  }

  private nextRow(): number {
    const { value, done } = this.rows.next() as IteratorResult<number, undefined>;
    return done === true ? 0 : value;
  }
}

/** The pixels of each stored row. */
function* rowLengths(header: Buffer): Generator<number, undefined> {
  const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)];
  const passes = header[12] === 1 ? PASSES : ([[0, 0, 1, 1]] as const);
  for (const [left, top, across, down] of passes) {
    const pixels = Math.ceil((width - left) / across);
    if (pixels > 0) for (let y = top; y < height; y += down) yield pixels;
  }
}
