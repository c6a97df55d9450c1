import { open, type FileHandle } from 'node:fs/promises';
import { PhotoError } from '#core';
import { proveBmpWhole } from './bmp.js';
import { BMP_HEADER_BYTES, parseBmpHeader } from './bmp-header.js';
import { configureDecoder } from './decoder.js';
import { FORMAT_FACTS, MAX_PHOTO_SIDE_PX, sniffFormat, type FormatFacts, type PhotoFormat } from './formats.js';
import { corruptPhoto, photoTooLarge, tooManyChannels, unsupportedFormat } from './photo-errors.js';
import { asPrintable, MAX_PHOTO_CHANNELS, openSource, readHeader } from './photo-source.js';

/** What is known of a photo that was read to its end without a fault. Sizes are those of its first page or frame. */
export interface PhotoFacts extends FormatFacts {
  readonly format: PhotoFormat;
  /** Size as stored. */
  readonly widthPx: number;
  readonly heightPx: number;
  /** Size as seen, once the orientation mark is obeyed. */
  readonly orientedWidthPx: number;
  readonly orientedHeightPx: number;
}

/** The decoder of fax coding (TIFF) fills rows it cannot read with white and merely warns. */
const LOST_FAX_ROWS = /^(Premature EOL|Line length mismatch) at line/;

type Size = Pick<PhotoFacts, 'widthPx' | 'heightPx' | 'orientedWidthPx' | 'orientedHeightPx'>;

/**
 * Proves that a file is a photo we can print: an accepted format by content, within the size limit, and whole to its last pixel.
 * @throws PhotoError `unsupported_format`, `photo_too_large` or `corrupt_photo`; other errors when the file cannot be read at all
 */
export async function inspectPhoto(path: string): Promise<PhotoFacts> {
  const facts = await readPhotoHead(path);
  if (facts.format === 'BMP') await proveBmpWhole(path);
  else await provePixelsWhole(path, facts.format);
  return facts;
}

/**
 * The cheap half of {@link inspectPhoto}: signature and header only, the size checked against the limit.
 * @throws PhotoError as {@link inspectPhoto}
 */
export async function readPhotoHead(path: string): Promise<PhotoFacts> {
  configureDecoder();
  const file = await open(path, 'r');
  try {
    const head = await readHead(file);
    const format = sniffFormat(head);
    if (format === undefined) throw unsupportedFormat();
    const size = format === 'BMP' ? bmpSize(head) : await rasterSize(path, format);
    if (Math.max(size.widthPx, size.heightPx) > MAX_PHOTO_SIDE_PX) throw photoTooLarge();
    return { format, ...FORMAT_FACTS[format], ...size };
  } finally {
    await file.close();
  }
}

async function readHead(file: FileHandle): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(BMP_HEADER_BYTES), 0, BMP_HEADER_BYTES, 0);
  return buffer.subarray(0, bytesRead);
}

function bmpSize(head: Buffer): Size {
  const { widthPx, heightPx } = parseBmpHeader(head);
  return { widthPx, heightPx, orientedWidthPx: widthPx, orientedHeightPx: heightPx };
}

async function rasterSize(path: string, format: Exclude<PhotoFormat, 'BMP'>): Promise<Size> {
  const { width, height, channels, autoOrient } = await readHeader(path, format).catch((error: unknown) => {
    throw error instanceof PhotoError ? error : corruptPhoto(error);
  });
  if (channels > MAX_PHOTO_CHANNELS) throw tooManyChannels(MAX_PHOTO_CHANNELS);
  return { widthPx: width, heightPx: height, orientedWidthPx: autoOrient.width, orientedHeightPx: autoOrient.height };
}

async function provePixelsWhole(path: string, format: Exclude<PhotoFormat, 'BMP'>): Promise<void> {
  const image = asPrintable(await openSource(path, format));
  let lostRows: string | undefined;
  image.on('warning', (text: string) => {
    if (LOST_FAX_ROWS.test(text)) lostRows ??= text;
  });
  try {
    // Some channels fit no color space: that shows only where they are turned into one.
    await image.resize(64, 64, { fit: 'inside' }).raw({ depth: 'uchar' }).toBuffer();
  } catch (error) {
    throw corruptPhoto(error);
  }
  if (lostRows !== undefined) throw corruptPhoto(lostRows);
}
