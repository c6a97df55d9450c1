import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import sharp from 'sharp';
import { Arena } from '../engine/arena.js';
import { previewSumsLayout } from '../engine/kernels.generated.js';
import { compileKernels, instantiateKernels, type Kernels } from '../engine/kernels.js';
import { ParameterBlock } from '../engine/parameter-block.js';
import { Preview, previewSize, type PreviewSize } from './preview.js';

let folder: string;
let kernels: Kernels;
let memory: WebAssembly.Memory;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'preview-'));
  memory = Arena.createMemory(64 * 1024 * 1024);
  kernels = instantiateKernels(await compileKernels(), memory);
});
afterAll(() => rm(folder, { recursive: true }));

/** Adds a sheet up band by band, as the painting threads do. */
function previewOf(rgb: Uint8Array, sheet: PreviewSize, size: PreviewSize, bandRows: number): Preview {
  const preview = new Preview(size, sheet);
  const arena = new Arena(memory, 16);
  const band = arena.allocate(bandRows * sheet.widthPx * 3 + 16);
  const columns = arena.allocate(size.widthPx * 24 + 16);
  const lines = arena.allocate(size.widthPx * 24 * (bandRows + 2) + 16);
  const parameters = new ParameterBlock(arena, previewSumsLayout, {
    rgb: band,
    printWidth: sheet.widthPx,
    printHeight: sheet.heightPx,
    width: size.widthPx,
    height: size.heightPx,
    lineSums: lines,
    rowSums: columns,
  });
  for (let y0 = 0; y0 < sheet.heightPx; y0 += bandRows) {
    const rows = Math.min(bandRows, sheet.heightPx - y0);
    arena.u8(band, rows * sheet.widthPx * 3).set(rgb.subarray(y0 * sheet.widthPx * 3, (y0 + rows) * sheet.widthPx * 3));
    const firstLine = Math.floor((y0 * size.heightPx) / sheet.heightPx);
    const lastLine = Math.floor(((y0 + rows) * size.heightPx - 1) / sheet.heightPx);
    const sums = arena.f64(lines, (lastLine - firstLine + 1) * size.widthPx * 3);
    sums.fill(0);
    kernels.addToPreview(parameters.at, rows, y0, firstLine);
    preview.append({ firstLine, sums: sums.slice() });
  }
  return preview;
}

/** Mean of the sheet's pixels under each of the preview's, by the area that they cover there. */
function means(rgb: Uint8Array, sheet: PreviewSize, size: PreviewSize): Uint8Array {
  const out = new Uint8Array(size.widthPx * size.heightPx * 3);
  const across = shares(sheet.widthPx, size.widthPx);
  const down = shares(sheet.heightPx, size.heightPx);
  for (let line = 0; line < size.heightPx; line++) {
    for (let column = 0; column < size.widthPx; column++) {
      for (let channel = 0; channel < 3; channel++) {
        let sum = 0;
        for (const [y, height] of down[line]) {
          for (const [x, width] of across[column]) sum += rgb[(y * sheet.widthPx + x) * 3 + channel] * width * height;
        }
        out[(line * size.widthPx + column) * 3 + channel] = Math.round(sum / (sheet.widthPx * sheet.heightPx));
      }
    }
  }
  return out;
}

/** For each of `to` equal parts of a side of `from` pixels: which pixels it covers, and how much of each in 1 / to. */
function shares(from: number, to: number): [number, number][][] {
  return Array.from({ length: to }, (_, part) => {
    const covered: [number, number][] = [];
    for (let pixel = 0; pixel < from; pixel++) {
      const share = Math.min((part + 1) * from, (pixel + 1) * to) - Math.max(part * from, pixel * to);
      if (share > 0) covered.push([pixel, share]);
    }
    return covered;
  });
}

const noise = (length: number, seed: number): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => Math.imul(i + seed, 0x9e3779b1) >>> 24);

describe('previewSize', () => {
  it.each([
    [9000, 12_000, 900, 1200],
    [12_000, 9000, 1200, 900],
    [300, 400, 300, 400],
    [1300, 1, 1200, 1],
  ])('of %ix%i is %ix%i', (widthPx, heightPx, previewWidth, previewHeight) => {
    expect(previewSize({ widthPx, heightPx })).toEqual({ widthPx: previewWidth, heightPx: previewHeight });
  });

  it('keeps to a longest side that is asked for', () => {
    expect(previewSize({ widthPx: 9000, heightPx: 12_000 }, 600)).toEqual({ widthPx: 450, heightPx: 600 });
  });
});

describe('Preview', () => {
  it('shows the mean of the area under each pixel, whatever the bands', () => {
    const side = fc.integer({ min: 1, max: 60 });
    fc.assert(
      fc.property(
        side,
        side,
        fc.nat(),
        fc.nat(),
        fc.integer({ min: 1, max: 60 }),
        (widthPx, heightPx, a, b, bandRows) => {
          const sheet = { widthPx, heightPx };
          const size = { widthPx: 1 + (a % widthPx), heightPx: 1 + (b % heightPx) };
          const rgb = noise(widthPx * heightPx * 3, a);
          expect([...previewOf(rgb, sheet, size, bandRows).pixels]).toEqual([...means(rgb, sheet, size)]);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('is exact at the size of real prints', () => {
    const sheet = { widthPx: 9000, heightPx: 40 };
    const size = { widthPx: 1101, heightPx: 7 };
    const rgb = noise(sheet.widthPx * sheet.heightPx * 3, 5);
    expect(Buffer.compare(previewOf(rgb, sheet, size, 16).pixels, means(rgb, sheet, size))).toBe(0);
  });

  it('shows a sheet no larger than a preview as it is', () => {
    const sheet = { widthPx: 50, heightPx: 40 };
    const rgb = noise(50 * 40 * 3, 9);
    expect(Buffer.compare(previewOf(rgb, sheet, previewSize(sheet), 7).pixels, rgb)).toBe(0);
  });

  it('writes a JPEG of what it gathered, sRGB profile embedded', async () => {
    const sheet = { widthPx: 50, heightPx: 40 };
    const file = path.join(folder, 'preview.jpg');
    const preview = previewOf(new Uint8Array(50 * 40 * 3).fill(180), sheet, sheet, 40);
    const bytes = await preview.write(file);
    const { format, icc, width, height } = await sharp(file).metadata();
    expect([format, width, height, icc !== undefined]).toEqual(['jpeg', 50, 40, true]);
    expect((await sharp(file).toBuffer()).length).toBeGreaterThan(0);
    expect([...new Set(await sharp(file).raw().toBuffer())]).toEqual([180]);
    expect(bytes).toBeGreaterThan(300);
  });
});
