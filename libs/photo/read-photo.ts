import sharp, { type Sharp } from 'sharp';
import { decodeBmp } from './bmp.js';
import { readPhotoHead, STRICT_READ } from './inspect-photo.js';
import { corruptPhoto } from './photo-errors.js';

/** An image as plain bytes: RGB interleaved, 8 bits a channel, sRGB, rows from the top. */
export interface RgbImage {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/**
 * A photo as a lazy pipeline: upright, sRGB with the embedded profile honoured, 8 bits, three channels, transparency on white.
 * Damage shows only when the pipeline is run; {@link readPhoto} turns that into the coded error too.
 * @throws PhotoError when format, size or header are not acceptable
 */
export async function openPhoto(path: string): Promise<Sharp> {
  const { format } = await readPhotoHead(path);
  return asPrintable(await openPixels(path, format === 'BMP'));
}

async function openPixels(path: string, isBmp: boolean): Promise<Sharp> {
  if (!isBmp) return sharp(path, STRICT_READ);
  const { width, height, data } = await decodeBmp(path);
  return sharp(data, { raw: { width, height, channels: 4 } });
}

function asPrintable(image: Sharp): Sharp {
  return image.autoOrient().flatten({ background: '#ffffff' }).toColourspace('srgb');
}

/**
 * A photo scaled to fill a frame, centred, what overhangs cut away; nothing is stretched.
 * @param width of the frame in pixels
 * @param height of the frame in pixels
 * @throws PhotoError `unsupported_format`, `photo_too_large` or `corrupt_photo`
 */
export async function readPhoto(path: string, width: number, height: number): Promise<RgbImage> {
  const image = await openPhoto(path);
  try {
    const data = await image
      .resize(width, height, { fit: 'cover', position: 'centre' })
      .raw({ depth: 'uchar' })
      .toBuffer();
    return { width, height, data };
  } catch (error) {
    throw corruptPhoto(error);
  }
}
