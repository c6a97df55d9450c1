import sharp, { type Sharp } from 'sharp';
import { bmpProfile, decodeBmp } from './bmp.js';
import { MAX_PHOTO_SIDE_PX, type PhotoFormat } from './formats.js';
import { type PhotoHead, readPhotoHead } from './inspect-photo.js';
import { corruptPhoto } from './photo-errors.js';
import { asPrintable, openSource } from './photo-source.js';
import { tiffHead } from './tiff-wrapper.js';

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
  return openKnown(path, await readPhotoHead(path));
}

async function openKnown(path: string, { format }: PhotoHead): Promise<Sharp> {
  return asPrintable(await openPixels(path, format));
}

async function openPixels(path: string, format: PhotoFormat): Promise<Sharp> {
  if (format !== 'BMP') return openSource(path, format);
  const profile = await bmpProfile(path);
  if (profile !== undefined) {
    const { data } = await decodeBmp(path, (width, height) => tiffHead(width, height, profile));
    return sharp(data, { sequentialRead: true, limitInputPixels: MAX_PHOTO_SIDE_PX ** 2 });
  }
  const { width, height, data } = await decodeBmp(path);
  return sharp(data, { raw: { width, height, channels: 3 } });
}

/** Which part of a photo is wanted and how large. */
export interface PhotoCrop {
  readonly width: number;
  readonly height: number;
  /** What stays in the middle when the photo is cut, as shares of its sides; or wherever the eye is drawn. */
  readonly focus: { readonly x: number; readonly y: number } | 'attention';
  /** Width of a border that mirrors what lies inside of it, within width and height. */
  readonly mirroredEdge?: number;
}

/**
 * A photo scaled to fill a frame, what overhangs cut away; nothing is stretched.
 * @throws PhotoError `unsupported_format`, `photo_too_large` or `corrupt_photo`
 */
export async function readPhoto(path: string, crop: PhotoCrop): Promise<RgbImage> {
  const { width, height } = crop;
  const facts = await readPhotoHead(path);
  const image = await openKnown(path, facts);
  try {
    const edge = crop.mirroredEdge ?? 0;
    const cut = cutOut(image, facts, { ...crop, width: width - 2 * edge, height: height - 2 * edge });
    if (edge > 0) cut.extend({ top: edge, bottom: edge, left: edge, right: edge, extendWith: 'mirror' });
    return { width, height, data: await cut.raw({ depth: 'uchar' }).toBuffer() };
  } catch (error) {
    throw corruptPhoto(error);
  }
}

function cutOut(image: Sharp, facts: PhotoHead, { width, height, focus }: PhotoCrop): Sharp {
  const scale = Math.max(width / facts.orientedWidthPx, height / facts.orientedHeightPx);
  // A sharpening kernel would draw rings around the edges of a photo that has to be enlarged.
  const kernel = scale > 1 ? 'mitchell' : 'lanczos3';
  if (focus === 'attention') return image.resize(width, height, { fit: 'cover', position: 'attention', kernel });
  const whole = {
    width: Math.max(width, Math.round(facts.orientedWidthPx * scale)),
    height: Math.max(height, Math.round(facts.orientedHeightPx * scale)),
  };
  const left = clamp(Math.round(focus.x * whole.width - width / 2), whole.width - width);
  const top = clamp(Math.round(focus.y * whole.height - height / 2), whole.height - height);
  return image.resize({ ...whole, fit: 'fill', kernel }).extract({ left, top, width, height });
}

function clamp(value: number, high: number): number {
  return Math.min(high, Math.max(0, value));
}
