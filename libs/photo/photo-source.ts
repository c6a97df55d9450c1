import { readFile } from 'node:fs/promises';
import type { Sharp, SharpOptions } from 'sharp';
import { MAX_PHOTO_SIDE_PX, type PhotoFormat } from './formats.js';
import { examineJpeg } from './jpeg-markers.js';
import { corruptPhoto } from './photo-errors.js';

/** Most channels of a photo: four of CMYK and one of transparency. */
export const MAX_PHOTO_CHANNELS = 5;

/** What the native decoder is given: the file itself, or its bytes with slips put right. */
export interface PhotoSource {
  readonly input: string | Buffer;
  readonly options: SharpOptions;
}

/** How a header is read: the limits of size are ours to tell, and no pixel is decoded. */
export const HEADER_READ = {
  failOn: 'error',
  page: 0,
  pages: 1,
  limitInputPixels: false,
  limitInputChannels: false,
} as const;

const PIXEL_READ = {
  sequentialRead: true,
  page: 0,
  pages: 1,
  limitInputPixels: MAX_PHOTO_SIDE_PX ** 2,
  limitInputChannels: MAX_PHOTO_CHANNELS,
  unlimited: false,
} as const;

/**
 * A photo ready to be decoded without mercy on damage: one page, row by row. The decoders of PNG, TIFF and WEBP call damage
 * an error and warn of odd labels only. That of JPEG merely warns of lost pixels too: there, any warning counts, and what is
 * harmless is put right beforehand.
 * @throws PhotoError `corrupt_photo` when the file lacks the end its format prescribes
 */
export async function photoSource(path: string, format: Exclude<PhotoFormat, 'BMP'>): Promise<PhotoSource> {
  if (format === 'TIFF') return { input: path, options: { ...PIXEL_READ, failOn: 'error' } };
  const bytes = await readFile(path);
  if (format === 'JPEG') {
    const { hasEnd, repaired } = examineJpeg(bytes);
    if (!hasEnd) throw corruptPhoto('JPEG file has no end mark');
    return { input: repaired ?? path, options: { ...PIXEL_READ, failOn: 'warning' } };
  }
  // Decoders stop at the last pixel and do not miss what is cut off behind it.
  if (!(format === 'PNG' ? pngHasEnd(bytes) : webpHasEnd(bytes))) throw corruptPhoto(`${format} file is cut short`);
  return { input: path, options: { ...PIXEL_READ, failOn: 'error' } };
}

/** Upright, sRGB with the embedded profile honoured, transparency on white. */
export function asPrintable(image: Sharp): Sharp {
  return image.autoOrient().flatten({ background: '#ffffff' }).toColourspace('srgb');
}

function pngHasEnd(bytes: Buffer): boolean {
  for (let at = 8; at + 12 <= bytes.length; at += 12 + bytes.readUInt32BE(at)) {
    if (bytes.toString('latin1', at + 4, at + 8) === 'IEND') return true;
  }
  return false;
}

function webpHasEnd(bytes: Buffer): boolean {
  return bytes.length >= 12 && bytes.length >= bytes.readUInt32LE(4) + 8;
}
