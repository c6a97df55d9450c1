import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { inspectPhoto, readPhoto } from '#photo';
import { CURVES, profileWithCurve } from '../support/color-files.js';

/** Levels of sRGB, most of them dark; a column of 16 pixels each. */
const LEVELS = [1, 3, 5, 8, 11, 14, 18, 22, 26, 32, 40, 50, 64, 90, 128, 180, 230, 250];
const COLUMN = 16;
const [WIDTH, HEIGHT] = [COLUMN * LEVELS.length, 32];
/** What independent readers may be apart. */
const TOLERANCE = 3;

let folder: string;
const inFolder = (name: string): string => path.join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'shadows-'));
});
afterAll(() => rm(folder, { recursive: true }));

const lightOf = (level: number): number =>
  level / 255 <= 0.04045 ? level / 255 / 12.92 : ((level / 255 + 0.055) / 1.055) ** 2.4;

const levelOf = (light: number): number =>
  255 * (light <= 0.0031308 ? 12.92 * light : 1.055 * light ** (1 / 2.4) - 0.055);

/** What the stored numbers stand for: of 8 bits, half a step of light is up to 7 levels in the shadows. */
const storedLevels = (bits: number): number[] =>
  bits === 8 ? LEVELS.map((level) => levelOf(Math.round(255 * lightOf(level)) / 255)) : LEVELS;

/** The levels stored as amounts of light, written by ImageMagick. */
async function written(
  name: string,
  { bits, space, curve = CURVES.identity }: { bits: 8 | 16; space: 'GRAY' | 'RGB '; curve?: Buffer },
  ...options: string[]
): Promise<string> {
  const channels = space === 'GRAY' ? 1 : 3;
  const most = 2 ** bits - 1;
  const samples = Array.from({ length: WIDTH * HEIGHT * channels }, (_, i) =>
    Math.round(most * lightOf(LEVELS[Math.floor((Math.floor(i / channels) % WIDTH) / COLUMN)])),
  );
  await writeFile(
    inFolder('samples'),
    bits === 8 ? Buffer.from(samples) : Buffer.from(Uint16Array.from(samples).buffer),
  );
  await writeFile(inFolder('profile.icc'), profileWithCurve(space, curve));
  const raw = ['-size', `${WIDTH}x${HEIGHT}`, '-depth', String(bits), '-endian', 'LSB'];
  const source = `${space === 'GRAY' ? 'gray' : 'rgb'}:${inFolder('samples')}`;
  const target = inFolder(name);
  execFileSync('convert', [...raw, source, ...options, target]);
  execFileSync('exiftool', ['-q', '-q', '-overwrite_original', `-ICC_Profile<=${inFolder('profile.icc')}`, target]);
  return target;
}

/** How many levels a photo is off, at the middle of the column where it is worst; the levels are to lie from left to right. */
async function worstOf(file: string, wanted: readonly number[] = LEVELS): Promise<number> {
  await inspectPhoto(file);
  const { data } = await readPhoto(file, { width: WIDTH, height: HEIGHT, focus: { x: 0.5, y: 0.5 } });
  const off = wanted.flatMap((level, i) => {
    const at = 3 * ((HEIGHT / 2) * WIDTH + (i + 0.5) * COLUMN);
    return [...data.subarray(at, at + 3)].map((value) => Math.abs(value - level));
  });
  return Math.max(...off);
}

describe('guarantee: shadows of photos in linear light print correctly', () => {
  const GRAY_16 = { bits: 16, space: 'GRAY' } as const;

  it.each([
    ['gray PNG of 16 bits', 'gray.png', 'grey16', GRAY_16, []],
    ['gray PNG of 16 bits, interlaced', 'interlaced.png', 'grey16', GRAY_16, ['-interlace', 'PNG']],
    ['gray PNG of 16 bits with transparency', 'alpha.png', 'grey16', GRAY_16, ['-alpha', 'on']],
    ['gray TIFF of 16 bits', 'gray.tiff', 'grey16', GRAY_16, ['-compress', 'LZW']],
    ['gray TIFF of 16 bits, with transparency', 'alpha.tiff', 'grey16', GRAY_16, ['-alpha', 'on']],
    ['gray TIFF of 16 bits, big-endian', 'big-endian.tiff', 'grey16', GRAY_16, ['-define', 'tiff:endian=msb']],
    ['gray PNG of 8 bits', 'gray-8.png', 'b-w', { bits: 8, space: 'GRAY' }, []],
    ['gray TIFF of 8 bits', 'gray-8.tiff', 'b-w', { bits: 8, space: 'GRAY' }, []],
    ['RGB PNG of 16 bits', 'rgb.png', 'rgb16', { bits: 16, space: 'RGB ' }, ['-define', 'png:color-type=2']],
    [
      'RGB PNG of 16 bits, interlaced',
      'rgb-i.png',
      'rgb16',
      { bits: 16, space: 'RGB ' },
      ['-define', 'png:color-type=2', '-interlace', 'PNG'],
    ],
    [
      'RGB PNG of 16 bits with transparency',
      'rgba.png',
      'rgb16',
      { bits: 16, space: 'RGB ' },
      ['-alpha', 'on', '-define', 'png:color-type=6'],
    ],
    ['RGB TIFF of 16 bits', 'rgb.tiff', 'rgb16', { bits: 16, space: 'RGB ' }, ['-type', 'TrueColor']],
    ['RGB PNG of 8 bits', 'rgb-8.png', 'srgb', { bits: 8, space: 'RGB ' }, ['-define', 'png:color-type=2']],
  ] as const)('%s', async (_, name, space, form, options) => {
    const file = await written(name, form, ...options);
    expect(await sharp(file).metadata()).toMatchObject({ space, hasProfile: true });
    expect(await worstOf(file, storedLevels(form.bits))).toBeLessThanOrEqual(TOLERANCE);
  });

  it.each(Object.entries(CURVES))('a curve declared by %s', async (name, curve) => {
    for (const space of ['GRAY', 'RGB '] as const) {
      const options = space === 'GRAY' ? [] : ['-define', 'png:color-type=2'];
      const file = await written(`${name}-${space}.png`, { bits: 16, space, curve }, ...options);
      expect([space, (await worstOf(file)) <= TOLERANCE]).toEqual([space, true]);
    }
  });

  it('a gray JPEG, also much smaller than it is stored', async () => {
    const file = await written('gray.jpg', { bits: 8, space: 'GRAY' }, '-quality', '100', '-sample', '1600%');
    expect(await sharp(file).metadata()).toMatchObject({ space: 'b-w', channels: 1, width: 16 * WIDTH });
    expect(await worstOf(file, storedLevels(8))).toBeLessThanOrEqual(TOLERANCE);
  });

  it.each(['png', 'tiff'])('stands upright: %s', async (extension) => {
    const file = await written(`mirrored.${extension}`, GRAY_16, '-flop');
    execFileSync('exiftool', ['-q', '-q', '-overwrite_original', '-Orientation#=2', file]);
    expect(await worstOf(file)).toBeLessThanOrEqual(TOLERANCE);
    const lying = await written(`lying.${extension}`, GRAY_16, '-rotate', '270');
    execFileSync('exiftool', ['-q', '-q', '-overwrite_original', '-Orientation#=6', lying]);
    expect(await worstOf(lying)).toBeLessThanOrEqual(TOLERANCE);
  });

  it('lays half transparent grays on white', async () => {
    const half = ['-alpha', 'on', '-channel', 'A', '-evaluate', 'set', '50%'];
    for (const bits of [8, 16] as const) {
      for (const extension of ['png', 'tiff']) {
        const file = await written(`half-${bits}.${extension}`, { bits, space: 'GRAY' }, ...half);
        expect(await sharp(file).metadata()).toMatchObject({ space: bits === 8 ? 'b-w' : 'grey16', channels: 2 });
        const onWhite = storedLevels(bits).map((level) => (level + 255) / 2);
        expect([file, (await worstOf(file, onWhite)) <= TOLERANCE]).toEqual([file, true]);
      }
    }
  });
});
