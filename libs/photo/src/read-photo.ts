import sharp, { type Sharp } from 'sharp';
import { findAttention, type RgbImage } from './attention.js';
import { bmpProfile, decodeBmp } from './bmp.js';
import { type CropPlacement, pixelsOf, type PixelSize, placeCrop, type Point } from './crop-placement.js';
import { MAX_PHOTO_SIDE_PX, type PhotoFormat } from './header/index.js';
import { type PhotoHead, readPhotoHead } from './inspect-photo.js';
import { corruptPhoto } from './photo-errors.js';
import { toUprightSrgb, openSource } from './photo-source.js';
import { tiffHead } from './tiff-wrapper.js';

/**
 * A photo as a lazy pipeline: upright, sRGB with the embedded profile honored, 8 bits, three channels, transparency on white.
 * Damage shows only when the pipeline is run; {@link readPhoto} turns that into the coded error too.
 * @throws PhotoError when format, size or header are not acceptable
 */
export async function openPhoto(path: string): Promise<Sharp> {
  return openKnown(path, await readPhotoHead(path));
}

async function openKnown(path: string, { format }: PhotoHead): Promise<Sharp> {
  return toUprightSrgb(await openPixels(path, format));
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
export interface PhotoCrop extends PixelSize {
  /** What stays in the middle when the photo is cut, as shares of its sides; or wherever the eye is drawn. */
  readonly focus: Point | 'attention';
  /** Width of a border that mirrors what lies inside of it, within width and height. */
  readonly mirroredEdge?: number;
  /** Nothing is cut off: the frame has the photo's shape but for rounding, which counts in frames of few pixels. */
  readonly uncut?: boolean;
}

/** Frames that a scaled photo may hold before it costs more to scale it whole than to keep the photo itself. */
const MOST_SCALED_FRAMES = 3;

/** A photo is kept unless it has more than this many times the pixels that it would have when scaled. */
const MOST_KEPT_SHARE = 2;

/**
 * A photo scaled to fill a frame, the overhang cropped; nothing is stretched.
 * @param known the photo's head, for a caller that has read it already
 * @throws PhotoError `unsupported_format`, `photo_too_large`, `photo_too_complex` or `corrupt_photo`
 */
export async function readPhoto(path: string, crop: PhotoCrop, known?: PhotoHead): Promise<RgbImage> {
  const { width, height } = crop;
  const head = known ?? (await readPhotoHead(path));
  const image = await openKnown(path, head);
  const photo = { width: head.orientedWidthPx, height: head.orientedHeightPx };
  try {
    const edge = crop.mirroredEdge ?? 0;
    const cut = await cutOut(image, photo, { ...crop, width: width - 2 * edge, height: height - 2 * edge });
    if (edge > 0) cut.extend({ top: edge, bottom: edge, left: edge, right: edge, extendWith: 'mirror' });
    return { width, height, data: await bytesOf(cut) };
  } catch (error) {
    throw corruptPhoto(error);
  }
}

async function cutOut(image: Sharp, photo: PixelSize, { width, height, focus, uncut }: PhotoCrop): Promise<Sharp> {
  const frame = { width, height };
  if (focus === 'attention') return cutAroundAttention(image, photo, frame);
  const placement = placeCrop(photo, frame, focus);
  const overhang = Math.max(placement.scaled.width - width, placement.scaled.height - height);
  if (uncut && overhang > 1) return image.resize({ ...frame, fit: 'fill', kernel: kernelFor(placement) });
  return scaledPhoto(image, placement).extract({ left: placement.left, top: placement.top, ...frame });
}

async function cutAroundAttention(image: Sharp, photo: PixelSize, frame: PixelSize): Promise<Sharp> {
  const { scaled, scale } = placeCrop(photo, frame, { x: 0.5, y: 0.5 });
  const scaledPixels = pixelsOf(scaled);
  if (scaledPixels <= MOST_SCALED_FRAMES * pixelsOf(frame) || pixelsOf(photo) > MOST_KEPT_SHARE * scaledPixels) {
    return image.resize({ ...frame, fit: 'cover', position: 'attention', kernel: kernelFor({ scale }) });
  }
  // Scaled whole, a strip of a photo could have a thousand times the pixels of the frame.
  const kept = { ...photo, data: await bytesOf(image) };
  const { left, top, ...placement } = placeCrop(photo, frame, await findAttention(kept, frame));
  const pixels = sharp(kept.data, { raw: { ...photo, channels: 3 } });
  return scaledPhoto(pixels, placement).extract({ left, top, ...frame });
}

function scaledPhoto(image: Sharp, placement: Pick<CropPlacement, 'scaled' | 'scale'>): Sharp {
  return image.resize({ ...placement.scaled, fit: 'fill', kernel: kernelFor(placement) });
}

/** A sharpening kernel would draw rings around the edges of a photo that has to be enlarged. */
function kernelFor({ scale }: Pick<CropPlacement, 'scale'>): 'mitchell' | 'lanczos3' {
  return scale > 1 ? 'mitchell' : 'lanczos3';
}

function bytesOf(image: Sharp): Promise<Buffer> {
  return image.raw({ depth: 'uchar' }).toBuffer();
}
