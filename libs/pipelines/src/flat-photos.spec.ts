import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import sharp from 'sharp';
import { listStyles } from './registry.js';
import { render } from './render.js';

type Rgb = readonly [number, number, number];

/** Sides of the grid of means that prints are compared on: lines and grain become their tone. */
const [COLUMNS, ROWS] = [6, 8];
const SHEET = { widthPx: 240, heightPx: 320, dpi: 30 };

/** Styles move tones; more than this no flat photo is moved. */
const NEAR = 48;
/**
 * Nearly black photos are moved further: the deepest pigment of a watercolor is lighter than they are, and with few washes its
 * pools and rims add up to a sixth of the scale. 52.3 is the most found among dark colors and variants.
 */
const NEAR_BLACK = 54;
const NEARLY_BLACK_LUMA = 24;
const FLAT = 28;
const WHITE = 240;
/** Chance photos beside the examples: more in `npm run test:long`. */
const CHANCES = process.env.TEST_LONG === '1' ? 5 : 2;

jest.setTimeout(180_000);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'flat-photos-'));
});
afterAll(() => rm(folder, { recursive: true }));

const luma = ([r, g, b]: ArrayLike<number> & Iterable<number>): number => 0.2126 * r + 0.7152 * g + 0.0722 * b;

interface Photo {
  readonly width: number;
  readonly height: number;
  readonly paint: (x: number, y: number) => Rgb;
  readonly jpegQuality?: number;
}

async function save({ width, height, paint, jpegQuality }: Photo): Promise<string> {
  const data = Buffer.alloc(3 * width * height);
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) data.set(paint(x, y), 3 * (y * width + x));
  const image = sharp(data, { raw: { width, height, channels: 3 } });
  const file = path.join(folder, 'photo');
  await (jpegQuality === undefined ? image.png() : image.jpeg({ quality: jpegQuality })).toFile(file);
  return file;
}

/** Mean luma of the cells of a picture. */
async function cellsOf(file: string): Promise<number[]> {
  const image = sharp(file).resize(COLUMNS * 10, ROWS * 10, { fit: 'fill' });
  const data = await image.toColourspace('srgb').raw().toBuffer();
  const sums = new Float64Array(COLUMNS * ROWS);
  for (let i = 0; i < data.length / 3; i++) {
    const [x, y] = [i % (COLUMNS * 10), Math.floor(i / (COLUMNS * 10))];
    sums[Math.floor(y / 10) * COLUMNS + Math.floor(x / 10)] += luma(data.subarray(3 * i, 3 * i + 3)) / 100;
  }
  return [...sums];
}

async function print(style: string, photo: Photo, settings: Settings = {}): Promise<number[]> {
  const printPath = path.join(folder, 'print.png');
  await render({ photoPath: await save(photo), style, settings, output: SHEET, printPath, profile: 'png', threads: 1 });
  return cellsOf(printPath);
}

const plain = (color: Rgb, width = 60, height = 80): Photo => ({ width, height, paint: () => color });

/** A page with one rectangle, given as shares of the sides. */
const page = (ground: Rgb, thing: Rgb, share: number): Photo => {
  const [width, height] = [300, 400];
  const [w, h] = [Math.max(1, width * Math.sqrt(share)), Math.max(1, height * Math.sqrt(share))];
  return {
    width,
    height,
    paint: (x, y) => (Math.abs(x - 0.45 * width) < w / 2 && Math.abs(y - 0.4 * height) < h / 2 ? thing : ground),
  };
};

const gray = (tone: number): Rgb => [tone, tone, tone];
const level = fc.integer({ min: 0, max: 255 });
const colors: fc.Arbitrary<Rgb> = fc.tuple(level, level, level);
type Settings = Record<string, unknown>;

describe.each(listStyles())('$slug', ({ slug, variants }) => {
  const settings = fc.constantFrom<Settings[]>({}, ...Object.values(variants));
  const ofOneColor = async (photo: Photo, color: Rgb, chosen: Settings): Promise<void> => {
    const cells = await print(slug, photo, chosen);
    expect(Math.max(...cells) - Math.min(...cells)).toBeLessThan(FLAT);
    const bound = luma(color) < NEARLY_BLACK_LUMA ? NEAR_BLACK : NEAR;
    for (const cell of cells) expect(Math.abs(cell - luma(color))).toBeLessThan(bound);
  };

  it('keeps a photo of one color flat and near its tone', async () => {
    const examples: [Rgb, Settings][] = [0, 60, 128, 200, 255].map((tone) => [gray(tone), {}]);
    // Where a watercolor in few washes moves the tone most.
    const darkest: Rgb[] = [
      [5, 4, 5],
      [0, 7, 7],
    ];
    examples.push(...darkest.map((dark): [Rgb, Settings] => [dark, variants.bold]));
    await fc.assert(
      fc.asyncProperty(colors, settings, (color, chosen) => ofOneColor(plain(color), color, chosen)),
      { examples, numRuns: examples.length + CHANCES, endOnFailure: true },
    );
  });

  it.each([1, 2, 16])('does so for photos of %d pixels a side', async (side) => {
    await ofOneColor(plain(gray(150), side, side), gray(150), {});
  });

  it('does so for one color with the noise of a JPEG', async () => {
    const noisy = (tone: number): Photo => ({
      ...{ width: 240, height: 320, jpegQuality: 55 },
      paint: (x, y) => gray(tone + ((Math.imul(x + 977 * y + 1, 0x9e3779b1) >>> 20) % 11) - 5),
    });
    for (const tone of [40, 128, 249]) await ofOneColor(noisy(tone), gray(tone), {});
  });

  it('leaves white paper white around what is on it', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.double({ min: 0.0002, max: 0.1, noNaN: true }),
        colors.filter((color) => luma(color) < 200),
        settings,
        async (share, color, chosen) => {
          const cells = await print(slug, page(gray(255), color, share), chosen);
          // The rectangle reaches none of the outer cells.
          const outer = cells.filter((_, i) => i % COLUMNS === 0 || i % COLUMNS === COLUMNS - 1 || i < COLUMNS);
          for (const cell of outer) expect(cell).toBeGreaterThanOrEqual(WHITE);
        },
      ),
      {
        examples: [0.0005, 0.004, 0.0075, 0.02].map((share) => [share, [0, 0, 0], {}]),
        numRuns: 4 + CHANCES,
        endOnFailure: true,
      },
    );
  });

  it.each([
    ['gray with a little white', gray(128), gray(255)],
    ['gray with a little black', gray(128), gray(0)],
    ['black with a little white', gray(0), gray(255)],
  ])('keeps the ground of a page near its tone: %s', async (_, ground, thing) => {
    for (const share of [0.004, 0.03]) {
      const [corner] = await print(slug, page(ground, thing, share));
      expect(Math.abs(corner - luma(ground))).toBeLessThan(NEAR);
    }
  });
});
