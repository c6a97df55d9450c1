import path from 'node:path';
import sharp from 'sharp';
import { ANIMAL, luma, type Pixels, PORTRAIT, printFolder, printOf, ssim } from '../../../test/support/prints.js';
import { renderProofs } from './proofs.js';
import { listStyles } from './registry.js';

const STYLES = listStyles().map(({ slug }) => slug);
const LARGEST = { widthPx: 9000, heightPx: 12_000, dpi: 300 };
const LARGE = { widthPx: 4800, heightPx: 6000, dpi: 300 };
/** Minutes: `npm run test:long`. Otherwise smaller prints, without oil, whose bar holds on the largest. */
const LONG_RUN = process.env.TEST_LONG === '1';
const LARGE_STYLES = LONG_RUN ? STYLES : STYLES.filter((style) => style !== 'oil-painting');
const PREVIEW_EDGE = 1200;

let folder: string;
let remove: () => Promise<void>;
beforeAll(async () => ({ folder, remove } = await printFolder()));
afterAll(() => remove());

jest.setTimeout(120_000);

describe('a disc of 200 pixels in a small photo, on a large print', () => {
  const SOURCE = { width: 450, height: 600 };
  const output = LONG_RUN ? LARGEST : { widthPx: 4500, heightPx: 6000, dpi: 300 };
  const scale = output.widthPx / SOURCE.width;

  async function discPhoto(): Promise<string> {
    const file = path.join(folder, 'disc.png');
    const svgless = new Uint8Array(SOURCE.width * SOURCE.height * 3);
    for (let y = 0, o = 0; y < SOURCE.height; y++) {
      for (let x = 0; x < SOURCE.width; x++, o += 3) {
        const distance = Math.hypot(x + 0.5 - 225, y + 0.5 - 300);
        const inside = Math.min(1, Math.max(0, 100.5 - distance));
        svgless[o] = 40 + (1 - inside) * 200;
        svgless[o + 1] = 60 + (1 - inside) * 180;
        svgless[o + 2] = 160 + (1 - inside) * 60;
      }
    }
    await sharp(svgless, { raw: { ...SOURCE, channels: 3 } })
      .png()
      .toFile(file);
    return file;
  }

  it('keeps a round, smooth border', async () => {
    const settings = { colors: 3, ink: 0 };
    const { print } = await printOf(folder, {
      style: 'pop-poster',
      photoPath: await discPhoto(),
      output,
      settings,
    });
    const radii = borderRadii(print, 720, 50 * scale);
    const worst = Math.max(...radii.map((radius) => Math.abs(radius / scale - 100)));
    expect(worst).toBeLessThanOrEqual(0.6);
    expect(straightRunShare(print, scale)).toBeLessThanOrEqual(0.25);
  });
});

/** Radii at which rays from the middle leave the disc, in print pixels. @param least radius, which lies within it */
function borderRadii({ width, height, data }: Pixels, rays: number, least: number): number[] {
  const [cx, cy] = [width / 2, height / 2];
  const inside = data[3 * ((height / 2) * width + width / 2)];
  return Array.from({ length: rays }, (_, i) => {
    const [dx, dy] = [Math.cos((2 * Math.PI * i) / rays), Math.sin((2 * Math.PI * i) / rays)];
    let radius = least;
    while (Math.abs(data[3 * (Math.floor(cy + radius * dy) * width + Math.floor(cx + radius * dx))] - inside) < 40) {
      radius++;
    }
    return radius;
  });
}

/** Share of the border's rows that lie in straight upright runs of eight pixels or more, where it is not upright itself. */
function straightRunShare({ width, height, data }: Pixels, scale: number): number {
  const inside = data[3 * ((height / 2) * width + width / 2)];
  const columns: number[] = [];
  // Between 20 and 70 degrees of arc.
  for (let y = Math.floor(height / 2 + 35 * scale); y < height / 2 + 92.5 * scale; y++) {
    let x = width / 2;
    while (Math.abs(data[3 * (y * width + x)] - inside) < 40) x++;
    columns.push(x);
  }
  let straight = 0;
  for (let i = 0; i < columns.length;) {
    let end = i + 1;
    while (end < columns.length && columns[end] === columns[i]) end++;
    if (end - i >= 8) straight += end - i;
    i = end;
  }
  return straight / columns.length;
}

describe.each(LARGE_STYLES)('%s on a large print, from a small photo', (style) => {
  const output = LONG_RUN ? LARGEST : LARGE;
  let print: Pixels;
  beforeAll(async () => {
    ({ print } = await printOf(folder, {
      style,
      photoPath: PORTRAIT,
      output,
      previewPath: path.join(folder, `${style}.jpg`),
    }));
  });

  it('is sharp: its strong edges are at most three pixels wide', () => {
    expect(medianEdgeWidth(print)).toBeLessThanOrEqual(3);
  });

  it('has a preview that shows the print', async () => {
    const preview = await luma(path.join(folder, `${style}.jpg`));
    const same = await luma(areaMean(print, output.heightPx / PREVIEW_EDGE));
    expect(ssim(preview, same)).toBeGreaterThanOrEqual(0.98);
  });

  it('has no seams: band and strip borders are like any other rows', () => {
    const { data, width, height } = print;
    const steps = new Float64Array(height);
    for (let y = 1; y < height; y++) {
      let sum = 0;
      for (let i = y * width * 3; i < (y + 1) * width * 3; i += 21) sum += Math.abs(data[i] - data[i - width * 3]);
      steps[y] = sum;
    }
    const mean = (rows: number[]): number => rows.reduce((total, y) => total + steps[y], 0) / rows.length;
    const all = Array.from({ length: height - 20 }, (_, i) => i + 10);
    for (const rows of [9, 126]) {
      const borders = all.filter((y) => y % rows === 0);
      const near = all.filter((y) => y % rows !== 0);
      expect(Math.abs(mean(borders) / mean(near) - 1)).toBeLessThan(0.1);
    }
  });
});

/** Means of squares of `side` pixels. */
function areaMean({ width, height, channels, data }: Pixels, side: number): Pixels {
  const small = { width: width / side, height: height / side, channels };
  const sums = new Uint32Array(small.width * small.height * channels);
  for (let y = 0, i = 0; y < height; y++) {
    const row = Math.floor(y / side) * small.width;
    for (let x = 0; x < width; x++) {
      const at = (row + Math.floor(x / side)) * channels;
      for (let c = 0; c < channels; c++) sums[at + c] += data[i++];
    }
  }
  return { ...small, data: Uint8Array.from(sums, (sum) => Math.round(sum / (side * side))) };
}

/**
 * Median width, in pixels, of the steps of 100 or more along every 40th row: from a tenth to nine tenths of each.
 */
function medianEdgeWidth({ data, width, height }: Pixels): number {
  const widths: number[] = [];
  for (let y = 20; y < height; y += 40) {
    const at = (x: number): number => data[3 * (y * width + x) + 1];
    for (let x = 1; x < width - 12; x++) {
      const rise = Math.sign(at(x + 1) - at(x));
      if (rise === 0) continue;
      let end = x;
      while (end + 1 < width && rise * (at(end + 1) - at(end)) > 0) end++;
      const height = Math.abs(at(end) - at(x));
      if (height >= 100) {
        const low = at(x) + rise * 0.1 * height;
        const high = at(x) + rise * 0.9 * height;
        let [from, to] = [x, x];
        for (let i = x; i <= end; i++) {
          if (rise * (at(i) - low) < 0) from = i;
          if (rise * (at(i) - high) < 0) to = i;
        }
        widths.push(to - from + 1);
      }
      x = end;
    }
  }
  widths.sort((a, b) => a - b);
  expect(widths.length).toBeGreaterThan(50);
  return widths[Math.floor(widths.length / 2)];
}

describe.each(STYLES)('%s in other sizes', (style) => {
  it('looks in a proof of 600 pixels as in print', async () => {
    const proofFile = path.join(folder, `${style}-proof.jpg`);
    const output = { widthPx: 2700, heightPx: 3600, dpi: 300 };
    const { print } = await printOf(folder, { style, photoPath: ANIMAL, output });
    await renderProofs({ photoPath: ANIMAL, output, proofs: [{ style, path: proofFile }] });
    const proof = await luma(proofFile);
    expect([proof.width, proof.height]).toEqual([450, 600]);
    expect(ssim(proof, await luma(areaMean(print, 6)))).toBeGreaterThanOrEqual(0.9);
  });
});
