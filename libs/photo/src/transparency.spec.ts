import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { encodeBmp } from '../../../test/support/bmp-files.js';
import { inspectPhoto } from './index.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'transparency-'));
});
afterAll(() => rm(folder, { recursive: true }));

const SIDE = 400;
/** Every pixel of one color, but one in the middle if wanted. */
function picture(alpha: number, spot?: number): Sharp {
  const data = Buffer.alloc(4 * SIDE * SIDE, 255);
  for (let i = 3; i < data.length; i += 4) data[i] = alpha;
  if (spot !== undefined) data[2 * SIDE * (SIDE + 1) + 3] = spot;
  return sharp(data, { raw: { width: SIDE, height: SIDE, channels: 4 } });
}

async function isTransparent(name: string, bytes: Buffer): Promise<boolean> {
  const file = path.join(folder, name);
  await writeFile(file, bytes);
  return (await inspectPhoto(file)).isFullyTransparent;
}

describe('isFullyTransparent', () => {
  it.each<[string, () => Sharp]>([
    ['clear.png', () => picture(0).png()],
    ['palette.png', () => picture(0).png({ palette: true })],
    ['gray.png', () => picture(0).toColourspace('b-w').png()],
    ['deep.png', () => picture(0).toColourspace('rgb16').png()],
    ['lossless.webp', () => picture(0).webp({ lossless: true, exact: true })],
    ['lossy.webp', () => picture(0).webp()],
    ['clear.tiff', () => picture(0).tiff({ compression: 'lzw' })],
  ])('holds for %s', async (name, make) => expect(await isTransparent(name, await make().toBuffer())).toBe(true));

  it.each<[string, () => Sharp]>([
    ['opaque.png', () => picture(255).png()],
    ['veil.png', () => picture(1).png()],
    ['spot.png', () => picture(0, 1).png()],
    ['white.jpg', () => picture(255).jpeg()],
    ['no-alpha.png', () => picture(255).removeAlpha().png()],
  ])('does not hold for %s, white as it is', async (name, make) => {
    expect(await isTransparent(name, await make().toBuffer())).toBe(false);
  });

  it('looks at the alpha of a BMP', async () => {
    const bmp = (alpha: number): Buffer => {
      const pixels = encodeBmp(20, 10, 32).subarray(54);
      for (let i = 3; i < pixels.length; i += 4) pixels[i] = 0;
      pixels[3] = alpha;
      const head = Buffer.alloc(14 + 124);
      encodeBmp(20, 10, 32).copy(head, 0, 0, 54);
      head.writeUInt32LE(14 + 124, 10);
      head.writeUInt32LE(124, 14);
      head.writeUInt32LE(3, 30);
      [0xff0000, 0xff00, 0xff, 0xff000000].forEach((mask, i) => head.writeUInt32LE(mask, 54 + 4 * i));
      return Buffer.concat([head, pixels]);
    };
    expect(await isTransparent('clear.bmp', bmp(0))).toBe(true);
    expect(await isTransparent('spot.bmp', bmp(3))).toBe(false);
    expect(await isTransparent('plain.bmp', encodeBmp(20, 10, 32))).toBe(false);
  });
});
