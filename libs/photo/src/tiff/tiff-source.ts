import { readFile } from 'node:fs/promises';
import sharp, { type Sharp } from 'sharp';
import { corruptPhoto } from '../photo-errors.js';
import { setUpright } from '../upright.js';
import { examineTiff, type TiffReading } from './examine-tiff.js';

/** A TIFF as the native decoder is given it: the file itself, or its bytes with meaningless values put right. */
export interface TiffSource extends TiffReading {
  readonly input: string | Buffer;
}

/**
 * Examines a TIFF and prepares it for the decoder.
 * @throws PhotoError as {@link examineTiff}
 */
export async function tiffSource(path: string): Promise<TiffSource> {
  const reading = await examineTiff(path);
  if (reading.meaninglessValues.length === 0) return { ...reading, input: path };
  const input = await readFile(path);
  for (const at of reading.meaninglessValues) {
    if (reading.layout.isLittle) input.writeUInt16LE(1, at);
    else input.writeUInt16BE(1, at);
  }
  return { ...reading, input };
}

/**
 * A picture without its extra samples, which the decoder takes for transparency. They can only be dropped after a resize, which
 * would have weighted the colors by them; so the picture is decoded first, to 3 bytes a pixel, sRGB, upright.
 * @throws PhotoError `corrupt_photo`
 */
export async function withoutExtraSamples(image: Sharp, orientation: number): Promise<Sharp> {
  const decoded = image.toColourspace('srgb').removeAlpha().raw({ depth: 'uchar' });
  const { data, info } = await decoded.toBuffer({ resolveWithObject: true }).catch((error: unknown) => {
    throw corruptPhoto(error);
  });
  const { width, height, channels } = info;
  return setUpright(sharp(data, { raw: { width, height, channels }, limitInputPixels: false }), orientation);
}
