import sharp from 'sharp';
import { type PixelSize, type Point, visibleSize } from './crop-placement.js';

/** An image as plain bytes: RGB interleaved, 8 bits a channel, sRGB, rows from the top. */
export interface RgbImage extends PixelSize {
  readonly data: Uint8Array;
}

/** Cells a side into which the decoder's library divides an image to score it. */
const SCORE_CELLS = 32;

/** A search over more crops than this is repeated around what it found, for its cells are too coarse. */
const MOST_CROPS = 16;

/** Such searches go on until they span so few crops. */
const FINEST_CROPS = 4;

/** Cells that a repeated search covers: the best cell and, because scores are blurred, two to either side. */
const REPEATED_CELLS = 5;

/**
 * Finds what draws the eye: edges, skin tones and strong colors (libvips smartcrop). Nothing is enlarged, whatever the
 * shapes of image and frame.
 * @param frame shape that is to be cut out of the image
 * @returns the middle of the best crop as shares of the image's sides, before it is moved to lie within the image
 */
export async function findAttention(image: RgbImage, frame: PixelSize): Promise<Point> {
  const crop = visibleSize(image, frame);
  let search: Area = { left: 0, top: 0, width: image.width, height: image.height };
  const crops = ({ width, height }: PixelSize): number => Math.max(width / crop.width, height / crop.height);
  let point = await attentionPoint(image, search, crop);
  if (crops(search) > MOST_CROPS) {
    while (crops(search) > FINEST_CROPS) {
      search = narrower(search, point, crop);
      const found = await attentionPoint(image, search, crop);
      point = { x: found.x + search.width / SCORE_CELLS / 2, y: found.y + search.height / SCORE_CELLS / 2 };
    }
  }
  return { x: point.x / image.width, y: point.y / image.height };
}

type Area = PixelSize & { readonly left: number; readonly top: number };

/** @returns the start of the best cell, in pixels of the image */
async function attentionPoint({ data, width, height }: RgbImage, area: Area, crop: PixelSize): Promise<Point> {
  const image = sharp(data, { raw: { width, height, channels: 3 } });
  const { info } = await image
    .extract(area)
    .resize(crop.width, crop.height, { fit: 'cover', position: 'attention' })
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { x: area.left + (info.attentionX ?? 0), y: area.top + (info.attentionY ?? 0) };
}

/** The best cell with its neighbors, on the sides on which the search spans more than a few crops. */
function narrower(search: Area, point: Point, crop: PixelSize): Area {
  const [left, width] = narrowerSide(search.left, search.width, point.x, crop.width);
  const [top, height] = narrowerSide(search.top, search.height, point.y, crop.height);
  return { left, top, width, height };
}

function narrowerSide(start: number, length: number, point: number, crop: number): [start: number, length: number] {
  if (length <= FINEST_CROPS * crop) return [start, length];
  const wanted = Math.max(crop, Math.ceil((length * REPEATED_CELLS) / SCORE_CELLS));
  const middle = point + length / SCORE_CELLS / 2;
  return [Math.min(start + length - wanted, Math.max(start, Math.round(middle - wanted / 2))), wanted];
}
