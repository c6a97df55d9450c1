import sharp, { type Sharp } from 'sharp';
import { lightToSrgb, type TransferFunction } from './color/transfer.js';
import { corruptPhoto } from './photo-errors.js';
import { setUpright } from './upright.js';

/** What is known of a gray photo whose grays are to be put through a curve. */
export interface GrayReading {
  /** Light (0..1) of a stored gray (0..1). */
  readonly toLight: TransferFunction;
  /** Whether a gray has 16 bits, otherwise 8. */
  readonly isDeep: boolean;
  readonly hasAlpha: boolean;
  readonly orientation: number;
}

/**
 * A gray picture in sRGB, exact to its last bit: the decoder's color library asks a gray profile at 33 points only, and the decoder
 * does not obey one of 16 bits at all. The picture is decoded first, to 1 or 2 bytes a pixel, and to 4 where it has transparency.
 * @param image decoded without its profile
 * @throws PhotoError `corrupt_photo`
 */
export async function graysToSrgb(
  image: Sharp,
  { toLight, isDeep, hasAlpha, orientation }: GrayReading,
): Promise<Sharp> {
  // Where it writes gray of 8 bits, sharp drops transparency.
  const space = isDeep ? 'grey16' : hasAlpha ? 'srgb' : 'b-w';
  const stored = image.toColourspace(space).raw({ depth: isDeep ? 'ushort' : 'uchar' });
  const { data, info } = await stored.toBuffer({ resolveWithObject: true }).catch((error: unknown) => {
    throw corruptPhoto(error);
  });
  const { width, height, channels } = info;
  const samples = isDeep ? new Uint16Array(data.buffer, data.byteOffset, data.length / 2) : data;
  const grays = tableOf(toLight, isDeep ? 65_535 : 255);
  const kept = hasAlpha ? 2 : 1;
  // Put where samples were that have been read: a second buffer would cost up to 2 more bytes a pixel.
  const bytes = data.subarray(0, width * height * kept);
  for (let from = 0, to = 0; to < bytes.length; from += channels) {
    const alpha = samples[from + channels - 1];
    bytes[to++] = grays[samples[from]];
    if (hasAlpha) bytes[to++] = isDeep ? alpha >> 8 : alpha;
  }
  const raw = { width, height, channels: kept } as const;
  return setUpright(sharp(bytes, { raw, limitInputPixels: false }), orientation);
}

/** What each stored gray becomes. */
function tableOf(toLight: TransferFunction, most: number): Uint8Array {
  return Uint8Array.from({ length: most + 1 }, (_, i) =>
    Math.round(255 * lightToSrgb(Math.min(1, Math.max(0, toLight(i / most))))),
  );
}
