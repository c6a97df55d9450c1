import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { LINEAR } from '../../fields/oklab.js';
import { render } from '../../render.js';

interface Picture {
  readonly data: Buffer;
  readonly width: number;
  readonly height: number;
}

interface Order {
  readonly photo?: string;
  readonly settings?: object;
  readonly widthPx?: number;
  readonly heightPx?: number;
  readonly threads?: number;
  readonly bandRows?: number;
}

let folder: string;
let panes: string;
let scene: string;

/** Four fields with edges between them: pale and mid gray above, red and near black below. */
async function drawPanes(path: string): Promise<void> {
  const sheet = (width: number, height: number, background: string) =>
    sharp({ create: { width, height, channels: 3, background } });
  const pane = async (left: number, top: number, fill: string) => ({
    left,
    top,
    input: await sheet(300, 400, fill).png().toBuffer(),
  });
  const fields = [pane(0, 0, '#fbfbfb'), pane(300, 0, '#a8a8a8'), pane(0, 400, '#c8402c'), pane(300, 400, '#141414')];
  await sheet(600, 800, '#000000')
    .composite(await Promise.all(fields))
    .png()
    .toFile(path);
}

async function paint({ photo = panes, widthPx = 600, heightPx = 800, settings, ...rest }: Order): Promise<Picture> {
  const printPath = join(folder, 'print.tiff');
  const output = { widthPx, heightPx, dpi: 100 };
  await render({ photoPath: photo, style: 'watercolor', settings, output, printPath, ...rest });
  const { data, info } = await sharp(printPath).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height };
}

/** CIE lightness, 0..100. */
function lightness(data: Buffer, i: number): number {
  const channel = (c: number): number => LINEAR[data[3 * i + c]];
  return 116 * Math.cbrt(0.2126 * channel(0) + 0.7152 * channel(1) + 0.0722 * channel(2)) - 16;
}

/** Lightness of the pixels of a rectangle given in shares of the print. */
function patch({ data, width, height }: Picture, [left, top, right, bottom]: readonly number[]): number[] {
  const found: number[] = [];
  for (let y = Math.round(top * height); y < Math.round(bottom * height); y++) {
    for (let x = Math.round(left * width); x < Math.round(right * width); x++) {
      found.push(lightness(data, y * width + x));
    }
  }
  return found;
}

const mean = (values: readonly number[]): number => values.reduce((sum, v) => sum + v, 0) / values.length;
const deviation = (values: readonly number[]): number => {
  const middle = mean(values);
  return Math.sqrt(mean(values.map((v) => (v - middle) ** 2)));
};
const hash = ({ data }: Picture): string => createHash('sha256').update(data).digest('hex');
const still = { turbulence: 0, bleed: 0, wobbleMm: 0 };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'watercolor-'));
  panes = join(folder, 'panes.png');
  await drawPanes(panes);
  scene = join('node_modules', '@stdlib', 'datasets-img-allium-oreophilum', 'data', 'image.jpg');
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe('watercolor', () => {
  it('gives the same pixels for any threads and bands', async () => {
    const prints = [
      { threads: 1, bandRows: 600 },
      { threads: 2, bandRows: 64 },
      { threads: 3, bandRows: 101 },
    ];
    const hashes = new Set<string>();
    for (const way of prints) hashes.add(hash(await paint({ photo: scene, widthPx: 450, heightPx: 600, ...way })));
    expect(hashes.size).toBe(1);
  });

  it('paints otherwise with another seed', async () => {
    const size = { widthPx: 300, heightPx: 400 };
    const one = await paint({ ...size, settings: { seed: 1 } });
    const two = await paint({ ...size, settings: { seed: 2 } });
    expect(hash(one)).not.toBe(hash(two));
  });

  it('leaves highlights as bare paper and turns nothing black', async () => {
    const print = await paint({});
    expect(mean(patch(print, [0.1, 0.1, 0.4, 0.4]))).toBeGreaterThan(96);
    const all = patch(print, [0, 0, 1, 1]);
    expect(all.filter((v) => v < 8).length / all.length).toBeLessThan(0.01);
    expect(all.filter((v) => v > 95).length / all.length).toBeGreaterThan(0.05);
  });

  it('shows the paper in a flat wash without drowning it in noise', async () => {
    const print = await paint({ widthPx: 1800, heightPx: 2400, settings: { turbulence: 0 } });
    const spread = deviation(patch(print, [0.62, 0.15, 0.68, 0.2]));
    expect(spread).toBeGreaterThan(1);
    expect(spread).toBeLessThan(6);
  });

  it('granulates where asked only', async () => {
    const gray = [0.62, 0.1, 0.9, 0.4];
    const size = { widthPx: 900, heightPx: 1200 };
    const smooth = await paint({ ...size, settings: { ...still, granulation: 0 } });
    const coarse = await paint({ ...size, settings: { ...still, granulation: 1 } });
    expect(deviation(patch(coarse, gray))).toBeGreaterThan(2 * deviation(patch(smooth, gray)));
  });

  it('pools pigment along the rim of a wash and not on the paper beside it', async () => {
    const size = { widthPx: 1200, heightPx: 1600 };
    const print = await paint({ ...size, settings: { ...still, granulation: 0, edgeDarkening: 1 } });
    const plain = await paint({ ...size, settings: { ...still, granulation: 0, edgeDarkening: 0 } });
    const rim = [0.503, 0.1, 0.506, 0.4];
    const inside = [0.53, 0.1, 0.56, 0.4];
    const drop = mean(patch(print, inside)) - mean(patch(print, rim));
    expect(drop).toBeGreaterThan(3);
    expect(drop).toBeLessThan(25);
    expect(Math.abs(mean(patch(plain, inside)) - mean(patch(plain, rim)))).toBeLessThan(drop / 2);
    expect(mean(patch(print, [0.48, 0.1, 0.49, 0.4]))).toBeGreaterThan(93);
  });

  it('keeps edges sharp at print size', async () => {
    const print = await paint({
      widthPx: 3000,
      heightPx: 4000,
      settings: { ...still, granulation: 0, edgeDarkening: 0 },
    });
    const widths: number[] = [];
    for (let y = 300; y < 1000; y += 25) {
      const row = Array.from({ length: 200 }, (_, i) => lightness(print.data, y * print.width + 800 + i));
      widths.push(row.filter((v) => v < 88 && v > 77).length);
    }
    widths.sort((a, b) => a - b);
    expect(widths[widths.length >> 1]).toBeLessThanOrEqual(4);
  });

  it('keeps the tone of the photo', async () => {
    const print = await paint({ photo: scene });
    const { data, info } = await sharp(scene)
      .resize(600, 800, { fit: 'cover' })
      .toColourspace('srgb')
      .removeAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true });
    const source = mean(patch({ data, ...info }, [0, 0, 1, 1]));
    expect(Math.abs(mean(patch(print, [0, 0, 1, 1])) - source)).toBeLessThan(0.12 * source);
  });

  it('shows the same picture at every size', async () => {
    const shrunk = async (widthPx: number): Promise<Buffer> => {
      const { data, width, height } = await paint({ photo: scene, widthPx, heightPx: (widthPx * 4) / 3 });
      return sharp(data, { raw: { width, height, channels: 3 } })
        .resize(150, 200)
        .raw()
        .toBuffer();
    };
    const small = await shrunk(600);
    const large = await shrunk(1800);
    expect(mean(Array.from(small, (v, i) => Math.abs(v - large[i])))).toBeLessThan(5);
  });
});
