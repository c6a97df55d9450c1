import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { estimateDecodeSeconds, type JpegLayout, jpegLayout } from '#photo/header';
import fc from 'fast-check';
import sharp, { type Sharp } from 'sharp';
import { flatWebp, manyScansJpeg } from '../support/costly-photos.js';
import { CAT, encodeBmp } from '../support/photos.js';

let folder: string;
beforeAll(async () => (folder = await mkdtemp(path.join(tmpdir(), 'cost-'))));
afterAll(() => rm(folder, { recursive: true }));

async function estimate(bytes: Uint8Array): Promise<number> {
  const photo = path.join(folder, 'photo');
  await writeFile(photo, bytes);
  return estimateDecodeSeconds(photo);
}

const picture = (width: number, height = width, channels: 3 | 4 = 3): Sharp =>
  sharp({ create: { width, height, channels, background: { r: 9, g: 99, b: 199, alpha: 0.5 } } });

/** A header of a PNG, which is all that is looked at. */
function pngHead(sidePx: number, depth: number, color: number, interlace: 0 | 1): Buffer {
  const head = Buffer.alloc(64);
  head.write('89504e470d0a1a0a0000000d49484452', 'hex');
  head.writeUInt32BE(sidePx, 16);
  head.writeUInt32BE(sidePx, 20);
  head.set([depth, color, 0, 0, interlace], 24);
  return head;
}

/** From which a photo goes through the lane of costly ones. */
const COSTLY = 0.5;

describe('the estimated cost of decoding', () => {
  it.each([
    ['a photo of a phone', () => CAT()],
    ['a baseline JPEG of 48 megapixels', () => picture(8_000, 6_000).jpeg().toBuffer()],
    ['a progressive JPEG of 12 megapixels', () => picture(4_000, 3_000).jpeg({ progressive: true }).toBuffer()],
    ['a PNG of 24 megapixels', () => picture(6_000, 4_000).png().toBuffer()],
    ['a WebP of 12 megapixels', () => picture(4_000, 3_000).webp({ effort: 0 }).toBuffer()],
    ['a TIFF of 24 megapixels', () => picture(6_000, 4_000).tiff({ compression: 'lzw' }).toBuffer()],
    ['a BMP', () => Promise.resolve(encodeBmp(new Uint8Array(300), 10, 10))],
    ['no photo', () => Promise.resolve(Buffer.from('no photo'))],
    ['an empty file', () => Promise.resolve(Buffer.alloc(0))],
  ])('is low for %s', async (_what, make) => {
    expect(await estimate(await make())).toBeLessThan(COSTLY);
  });

  it.each([
    ['a lossless WebP of some bytes and 100 megapixels', () => flatWebp(10_000)],
    ['a JPEG of 30 scans', () => manyScansJpeg(10_000, 30)],
    ['a JPEG of 2 scans', () => manyScansJpeg(10_000, 2)],
    ['an interlaced PNG', () => pngHead(10_000, 8, 2, 1)],
    ['a PNG of 16 bits with transparency', () => pngHead(10_000, 16, 6, 0)],
    ['a CMYK TIFF', () => picture(3_200).toColourspace('cmyk').tiff({ compression: 'lzw' }).toBuffer()],
    ['a TIFF of tiles', () => picture(4_000).tiff({ compression: 'deflate', tile: true }).toBuffer()],
  ])('is high for %s', async (_what, make) => {
    expect(await estimate(await make())).toBeGreaterThanOrEqual(COSTLY);
  });

  it('is low for a JPEG that is refused by its scans', async () => {
    expect(await estimate(manyScansJpeg(10_000, 31))).toBeLessThan(COSTLY);
  });

  it('counts the largest page of a TIFF, and takes one of many pages for costly', async () => {
    const tiff = await picture(100).tiff({ compression: 'none' }).toBuffer();
    // The directory is its own next one.
    const at = tiff.readUInt32LE(4);
    tiff.writeUInt32LE(at, at + 2 + 12 * tiff.readUInt16LE(at));
    expect(await estimate(tiff)).toBeGreaterThanOrEqual(COSTLY);
  });

  it('is a number, whatever the bytes are', async () => {
    const starts = [
      'ffd8ff',
      '89504e470d0a1a0a',
      '49492a0008000000',
      '4d4d002b',
      '52494646000000005745425056503820',
      '424d',
    ];
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...starts), fc.uint8Array({ maxLength: 300 }), async (start, rest) => {
        const seconds = await estimate(Buffer.concat([Buffer.from(start, 'hex'), rest]));
        expect(seconds).toBeGreaterThanOrEqual(0);
        expect(seconds).toBeLessThan(Infinity);
      }),
    );
  });
});

describe('the scans of a JPEG', () => {
  const layoutOf = (bytes: Buffer, bounds = { maxScans: 1_000 }): Promise<JpegLayout> =>
    jpegLayout((at, length) => Promise.resolve(bytes.subarray(at, at + length)), bounds);

  it('are counted, up to the limit and one more', async () => {
    const jpeg = manyScansJpeg(64, 40);
    expect(await layoutOf(jpeg)).toEqual({
      frame: { isProgressive: true, widthPx: 64, heightPx: 64, components: 1 },
      scans: 40,
      isCut: false,
    });
    expect((await layoutOf(jpeg, { maxScans: 30 })).scans).toBe(31);
  });

  it.each([
    ['baseline', { progressive: false }, 1],
    ['progressive', { progressive: true }, 10],
    ['optimized', { mozjpeg: true }, 10],
  ])('of usual programs are few: %s', async (_what, options, most) => {
    const { scans } = await layoutOf(await sharp(CAT()).jpeg(options).toBuffer());
    expect(scans).toBeGreaterThan(0);
    expect(scans).toBeLessThanOrEqual(most);
  });

  it('are the same however the file is read', async () => {
    const jpeg = manyScansJpeg(640, 12);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 16, max: 300 }), async (step) => {
        const read = (at: number, length: number): Promise<Buffer> =>
          Promise.resolve(jpeg.subarray(at, at + Math.min(length, step)));
        expect((await jpegLayout(read, { maxScans: 100 })).scans).toBe(12);
      }),
    );
  });

  it('behind the bytes that may be read are not counted, which is reported', async () => {
    const jpeg = manyScansJpeg(6_400, 12);
    const layout = await jpegLayout((at, length) => Promise.resolve(jpeg.subarray(at, at + Math.min(length, 500))), {
      maxScans: 100,
      maxBytes: 1_000,
    });
    expect(layout).toMatchObject({ scans: 1, isCut: true });
  });
});
