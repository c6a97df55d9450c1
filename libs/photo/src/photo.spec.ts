import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { encodeBmp, encodeRle8Bmp } from '../../../test/support/bmp-files.js';
import { configureDecoder, inspectPhoto, openPhoto, type PhotoCrop, readPhoto } from './index.js';

const WIDTH = 97;
const HEIGHT = 61;
const noise = Uint8Array.from({ length: WIDTH * HEIGHT * 3 }, (_, i) => (Math.imul(i + 1, 0x9e3779b1) >>> 13) & 255);

let folder: string;
const inFolder = (name: string): string => path.join(folder, name);
const picture = (): Sharp => sharp(noise, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } });

beforeAll(async () => {
  configureDecoder();
  folder = await mkdtemp(path.join(tmpdir(), 'photo-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function sampleOf(format: string): Promise<string> {
  const file = inFolder(`sample.${format}`);
  const writers: Record<string, () => Promise<unknown>> = {
    jpg: () => picture().jpeg().toFile(file),
    'progressive.jpg': () => picture().jpeg({ progressive: true }).toFile(file),
    png: () => picture().png().toFile(file),
    'interlaced.png': () => picture().png({ progressive: true }).toFile(file),
    tiff: () => picture().tiff({ compression: 'lzw' }).toFile(file),
    'plain.tiff': () => picture().tiff({ compression: 'none' }).toFile(file),
    webp: () => picture().webp().toFile(file),
    'lossless.webp': () => picture().webp({ lossless: true }).toFile(file),
    bmp: () => writeFile(file, encodeBmp(WIDTH, HEIGHT, 24)),
    'rle.bmp': () => writeFile(file, encodeRle8Bmp(WIDTH, HEIGHT)),
  };
  await writers[format]();
  return file;
}

const SAMPLES = [
  'jpg',
  'progressive.jpg',
  'png',
  'interlaced.png',
  'tiff',
  'plain.tiff',
  'webp',
  'lossless.webp',
  'bmp',
  'rle.bmp',
];

/** The middle of a photo at a size. */
const middle = (width: number, height: number): PhotoCrop => ({ width, height, focus: { x: 0.5, y: 0.5 } });

describe('inspectPhoto', () => {
  it.each([
    ['jpg', 'JPEG', 'image/jpeg', 'jpg'],
    ['png', 'PNG', 'image/png', 'png'],
    ['tiff', 'TIFF', 'image/tiff', 'tiff'],
    ['bmp', 'BMP', 'image/bmp', 'bmp'],
    ['rle.bmp', 'BMP', 'image/bmp', 'bmp'],
    ['webp', 'WEBP', 'image/webp', 'webp'],
  ])('returns the metadata of a %s', async (sample, format, mimeType, extension) => {
    const metadata = await inspectPhoto(await sampleOf(sample));
    expect(metadata).toMatchObject({
      format,
      mimeType,
      extension,
      widthPx: WIDTH,
      heightPx: HEIGHT,
      orientedWidthPx: WIDTH,
      orientedHeightPx: HEIGHT,
    });
  });

  it.each(SAMPLES)('refuses a %s cut anywhere', async (sample) => {
    const whole = await sampleOf(sample);
    await expect(inspectPhoto(whole)).resolves.toBeDefined();
    const bytes = await readFile(whole);
    for (const share of [0.02, 0.2, 0.5, 0.8, 0.95, 0.99, 1 - 3 / bytes.length]) {
      const cut = inFolder(`cut-${sample}`);
      await writeFile(cut, bytes);
      await truncate(cut, Math.max(20, Math.floor(bytes.length * share)));
      await expect(inspectPhoto(cut)).rejects.toMatchObject({
        code: 'corrupt_photo',
        message: 'Image is corrupt or truncated',
      });
    }
  });

  it('keeps native error texts to the cause', async () => {
    const file = inFolder('garbage.png');
    await writeFile(file, Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), Buffer.alloc(200, 7)]));
    const error = await inspectPhoto(file).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ message: 'Image is corrupt or truncated', cause: expect.anything() as unknown });
  });

  it.each([
    ['text that begins like a BMP', Buffer.from('BMW is a maker of cars and motorcycles')],
    ['nothing', Buffer.alloc(0)],
  ])('refuses %s whatever its name', async (_, bytes) => {
    const file = inFolder('photo.jpg');
    await writeFile(file, bytes);
    await expect(inspectPhoto(file)).rejects.toMatchObject({
      code: 'unsupported_format',
      message: 'Unsupported image format',
      hint: 'Accepted formats: JPEG, PNG, TIFF, BMP, WEBP',
    });
  });

  it.each([
    ['a GIF', Buffer.from('GIF89a\x01\x00\x01\x00\x00\x00\x00;', 'latin1'), /^GIF image: export it as a PNG/],
    [
      'an SVG',
      Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'),
      /^SVG drawing: export it/,
    ],
    ['an AVIF', Buffer.from('\x00\x00\x00\x1cftypavif\x00\x00\x00\x00', 'latin1'), /^AVIF image: export it as a JPEG/],
  ])('names the format of %s and what to send instead', async (_, bytes, hint) => {
    const file = inFolder('photo.jpg');
    await writeFile(file, bytes);
    await expect(inspectPhoto(file)).rejects.toMatchObject({
      code: 'unsupported_format',
      message: 'Unsupported image format',
      hint: expect.stringMatching(hint) as unknown,
    });
  });

  it('refuses a side above 10,000 pixels by the header alone', async () => {
    const blank = sharp({ create: { width: 10_001, height: 2, channels: 3, background: '#123456' } });
    await blank.png().toFile(inFolder('wide.png'));
    await writeFile(inFolder('wide.bmp'), encodeBmp(10_001, 1, 24).subarray(0, 200));
    for (const name of ['wide.png', 'wide.bmp']) {
      await expect(inspectPhoto(inFolder(name))).rejects.toMatchObject({
        code: 'photo_too_large',
        message: 'Image dimensions too large (maximum 10000x10000 pixels)',
      });
    }
  });

  it('accepts 10,000 pixels', async () => {
    await sharp({ create: { width: 10_000, height: 2, channels: 3, background: '#123456' } })
      .jpeg()
      .toFile(inFolder('limit.jpg'));
    await expect(inspectPhoto(inFolder('limit.jpg'))).resolves.toMatchObject({ widthPx: 10_000 });
  });

  it('turns the size of a photo that lies on its side', async () => {
    await picture().withMetadata({ orientation: 6 }).jpeg().toFile(inFolder('turned.jpg'));
    const metadata = await inspectPhoto(inFolder('turned.jpg'));
    expect(metadata).toMatchObject({
      widthPx: WIDTH,
      heightPx: HEIGHT,
      orientedWidthPx: HEIGHT,
      orientedHeightPx: WIDTH,
    });
  });

  it('passes on that a file is not there', async () => {
    await expect(inspectPhoto(inFolder('missing.jpg'))).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe('readPhoto', () => {
  it.each([
    ['gray', () => picture().greyscale().png()],
    ['16 bit', () => picture().toColourspace('rgb16').png()],
    ['palette', () => picture().png({ palette: true })],
    ['CMYK', () => picture().withIccProfile('cmyk').jpeg()],
    ['alpha', () => picture().ensureAlpha(0.5).png()],
    ['gray and alpha', () => picture().greyscale().ensureAlpha(0.5).webp()],
  ])('gives three channels of 8 bits for %s', async (name, make) => {
    const file = inFolder(`kind-${name.replaceAll(' ', '-')}`);
    await make().toFile(file);
    const image = await readPhoto(file, middle(40, 30));
    expect(image.data.length).toBe(40 * 30 * 3);
  });

  it('honors the embedded profile', async () => {
    const red = sharp({ create: { width: 8, height: 8, channels: 3, background: '#c02020' } });
    await red.withIccProfile('p3').png().toFile(inFolder('p3.png'));
    const { data } = await readPhoto(inFolder('p3.png'), middle(8, 8));
    expect([...data.subarray(0, 3)].map((v, i) => Math.abs(v - [0xc0, 0x20, 0x20][i]) <= 3)).toEqual([
      true,
      true,
      true,
    ]);
  });

  it('lays transparency on white', async () => {
    await sharp({ create: { width: 8, height: 8, channels: 4, background: { r: 0, g: 0, b: 0, alpha: 0 } } })
      .png()
      .toFile(inFolder('clear.png'));
    const { data } = await readPhoto(inFolder('clear.png'), middle(8, 8));
    expect([...data.subarray(0, 3)]).toEqual([255, 255, 255]);
  });

  it('fills the frame without stretching', async () => {
    const half = (background: string): Sharp => sharp({ create: { width: 50, height: 100, channels: 3, background } });
    const right = await half('#0000ff').png().toBuffer();
    const both = half('#ff0000')
      .extend({ right: 50 })
      .composite([{ input: right, left: 50, top: 0 }]);
    await both.png().toFile(inFolder('halves.png'));
    const { data } = await readPhoto(inFolder('halves.png'), middle(20, 40));
    expect([...data.subarray(0, 3), ...data.subarray(57, 60)]).toEqual([255, 0, 0, 0, 0, 255]);
  });

  describe('a wide photo in a narrow frame', () => {
    const COLORS = ['#ff0000', '#00ff00', '#0000ff', '#ffff00'];
    const at = (data: Uint8Array, x: number, width: number): number[] =>
      [...data.subarray(3 * x + 30 * width, 3 * x + 3 + 30 * width)].map((v) => (v > 128 ? 1 : 0));
    let file: string;
    beforeAll(async () => {
      file = inFolder('stripes.png');
      const stripes = COLORS.map((background, i) => ({
        input: { create: { width: 100, height: 200, channels: 3 as const, background } },
        left: 100 * i,
        top: 0,
      }));
      await sharp({ create: { width: 400, height: 200, channels: 3, background: '#000000' } })
        .composite(stripes)
        .png()
        .toFile(file);
    });

    it.each([
      [0, [1, 0, 0]],
      [0.375, [0, 1, 0]],
      [1, [1, 1, 0]],
    ])('is cut around a focus at %d', async (x, color) => {
      const { data } = await readPhoto(file, { width: 40, height: 160, focus: { x, y: 0.5 } });
      expect(at(data, 20, 40)).toEqual(color);
    });

    it('is cut around what draws the eye', async () => {
      const face = { create: { width: 40, height: 40, channels: 3 as const, background: '#e0a080' } };
      const gray = sharp({ create: { width: 400, height: 100, channels: 3, background: '#777777' } });
      await gray
        .composite([{ input: face, left: 330, top: 30 }])
        .png()
        .toFile(inFolder('face.png'));
      const { data } = await readPhoto(inFolder('face.png'), { width: 60, height: 60, focus: 'attention' });
      expect(data.some((v, i) => i % 3 === 0 && v > 0xd0)).toBe(true);
    });

    it('is continued in mirror image over the folded edges', async () => {
      const crop = { width: 60, height: 180, focus: { x: 0.25, y: 0.5 }, mirroredEdge: 10 };
      const { data } = await readPhoto(file, crop);
      for (const x of [0, 4, 9]) {
        expect(data.subarray(3 * x, 3 * x + 3)).toEqual(data.subarray(3 * (19 - x), 3 * (19 - x) + 3));
      }
    });
  });

  it('turns damage found on the way into the coded error', async () => {
    const bytes = await readFile(await sampleOf('jpg'));
    await writeFile(inFolder('half.jpg'), bytes.subarray(0, bytes.length / 2));
    await expect(readPhoto(inFolder('half.jpg'), middle(40, 30))).rejects.toMatchObject({ code: 'corrupt_photo' });
  });

  it.each([1, 4, 8, 16, 24, 32])('reads a BMP of %i bits', async (bits) => {
    await writeFile(inFolder('depth.bmp'), encodeBmp(16, 8, bits));
    const { data, info } = await (await openPhoto(inFolder('depth.bmp'))).raw().toBuffer({ resolveWithObject: true });
    expect([info.width, info.height, info.channels]).toEqual([16, 8, 3]);
    // The samples are white in the top row and black below.
    expect([...data.subarray(0, 3)]).toEqual([255, 255, 255]);
    expect([...data.subarray(16 * 3 * 7, 16 * 3 * 7 + 3)]).toEqual([0, 0, 0]);
  });

  it('reads a top-down BMP', async () => {
    await writeFile(inFolder('top.bmp'), encodeBmp(16, 8, 24, { topDown: true }));
    const { data } = await readPhoto(inFolder('top.bmp'), middle(16, 8));
    expect([...data.subarray(0, 3), data[data.length - 1]]).toEqual([255, 255, 255, 0]);
  });
});

describe('configureDecoder', () => {
  it('closes every loader but those of the accepted formats', async () => {
    const gif = Buffer.from('R0lGODlhAQABAIAAAP///wAAACH5BAAAAAAALAAAAAABAAEAAAICRAEAOw==', 'base64');
    await expect(sharp(gif).metadata()).rejects.toThrow('unsupported image format');
    await expect(
      sharp(Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')).metadata(),
    ).rejects.toThrow();
  });
});
