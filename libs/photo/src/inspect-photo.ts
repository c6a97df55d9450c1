import { open, type FileHandle } from 'node:fs/promises';
import { PhotoError } from '#core';
import { proveBmpWhole } from './bmp.js';
import { parseBmpHeader } from './bmp-header.js';
import { BMP_COLOR_HEAD_BYTES, bmpColor } from './color/bmp-color.js';
import { configureDecoder } from './decoder.js';
import { FOREIGN_HEAD_BYTES, recognizeForeign } from './foreign-formats.js';
import {
  FORMAT_INFO,
  MAX_PHOTO_SIDE_PX,
  type NativeFormat,
  sniffFormat,
  type FormatInfo,
  type PhotoFormat,
} from './header/index.js';
import { checkJpegKind } from './jpeg-frame.js';
import { overlookedMetadata } from './overlooked-metadata.js';
import { corruptPhoto, photoTooLarge, tooManyChannels, unsupportedFormat, unsupportedKind } from './photo-errors.js';
import { toUprightSrgb, MAX_PHOTO_CHANNELS, openSource, readHeader } from './photo-source.js';
import { measurePicture } from './picture-end.js';
import { isFullyTransparent } from './transparency.js';

/** What is known of a photo that was read in full without an error. Sizes are those of its first page or frame. */
export interface PhotoMetadata extends PhotoHead {
  /** It has transparency and no pixel of it shows: its print is blank. */
  readonly isFullyTransparent: boolean;
  /** Bytes from the start of the file that are the picture; what follows them is no part of it. */
  readonly pictureBytes: number;
}

/** What the header of a photo declares. */
export interface PhotoHead extends FormatInfo {
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

type Size = Pick<PhotoHead, 'widthPx' | 'heightPx' | 'orientedWidthPx' | 'orientedHeightPx'>;

/**
 * Proves that a file is a photo we can print: an accepted format by content, within the size limit, whole to its last pixel,
 * and not followed by much that is no picture.
 * @throws PhotoError `unsupported_format`, `photo_too_large`, `photo_too_complex` or `corrupt_photo`; other errors when the file
 *   cannot be read at all
 */
export async function inspectPhoto(path: string): Promise<PhotoMetadata> {
  const head = await readPhotoHead(path);
  const { format } = head;
  const pictureBytes = await measurePicture(path, format);
  if (format === 'BMP') await proveBmpWhole(path);
  const onWhite = format === 'BMP' ? new Uint8Array() : await provePixelsWhole(path, format);
  return { ...head, isFullyTransparent: await isFullyTransparent(path, format, onWhite), pictureBytes };
}

/**
 * The cheap half of {@link inspectPhoto}: signature and header only, the size checked against the limit.
 * @throws PhotoError as {@link inspectPhoto}
 */
export async function readPhotoHead(path: string): Promise<PhotoHead> {
  configureDecoder();
  const file = await open(path, 'r');
  try {
    const head = await readHead(file, BMP_COLOR_HEAD_BYTES);
    const format = sniffFormat(head);
    if (format === undefined) throw await refusalOf(file);
    if (format === 'JPEG') await checkJpegKind(path);
    if (format === 'PNG') checkPngKind(head);
    const size = format === 'BMP' ? bmpSize(head) : await rasterSize(path, format);
    if (Math.max(size.widthPx, size.heightPx) > MAX_PHOTO_SIDE_PX) throw photoTooLarge();
    return { format, ...FORMAT_INFO[format], ...size };
  } finally {
    await file.close();
  }
}

async function readHead(file: FileHandle, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, 0);
  return buffer.subarray(0, bytesRead);
}

/** Names the format of a file that is not accepted. */
async function refusalOf(file: FileHandle): Promise<PhotoError> {
  const foreign = recognizeForeign(await readHead(file, FOREIGN_HEAD_BYTES));
  return foreign ? unsupportedKind(foreign.kind, foreign.advice) : unsupportedFormat();
}

/** Apple's tools for apps write PNGs that no other program reads. */
function checkPngKind(head: Buffer): void {
  if (head.toString('latin1', 12, 16) !== 'CgBI') return;
  throw unsupportedKind('iOS-optimized PNG (CgBI)', 'send the original PNG, or export it again as a JPEG or PNG');
}

function bmpSize(head: Buffer): Size {
  const { widthPx, heightPx } = parseBmpHeader(head);
  // Refuses a BMP whose profile is elsewhere.
  bmpColor(head);
  return { widthPx, heightPx, orientedWidthPx: widthPx, orientedHeightPx: heightPx };
}

async function rasterSize(path: string, format: NativeFormat): Promise<Size> {
  const { header: found } = await readHeader(path, format).catch((error: unknown) => {
    throw error instanceof PhotoError ? error : corruptPhoto(error);
  });
  const { width, height, channels, autoOrient } = found;
  if (channels > MAX_PHOTO_CHANNELS) throw tooManyChannels(MAX_PHOTO_CHANNELS);
  const { orientation = 1 } = await overlookedMetadata(path, format, found);
  const upright = orientation >= 5 ? { width: height, height: width } : autoOrient;
  return { widthPx: width, heightPx: height, orientedWidthPx: upright.width, orientedHeightPx: upright.height };
}

/** @returns the photo small and on white */
async function provePixelsWhole(path: string, format: NativeFormat): Promise<Uint8Array> {
  const image = toUprightSrgb(await openSource(path, format, 'proof'));
  let small: Uint8Array;
  let lostRows: string | undefined;
  image.on('warning', (text: string) => {
    if (LOST_FAX_ROWS.test(text)) lostRows ??= text;
  });
  try {
    // Some channels fit no color space: that shows only where they are turned into one.
    small = await image.resize(64, 64, { fit: 'inside' }).raw({ depth: 'uchar' }).toBuffer();
  } catch (error) {
    throw corruptPhoto(error);
  }
  if (lostRows !== undefined) throw corruptPhoto(lostRows);
  return small;
}
