import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { Preview } from './preview.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'preview-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function pixelsOf(preview: Preview): Promise<Buffer> {
  const file = path.join(folder, 'preview.jpg');
  await preview.write(file);
  return sharp(file).raw().toBuffer();
}

describe('Preview', () => {
  it.each([
    [9000, 12_000, 900, 1200],
    [12_000, 9000, 1200, 900],
    [300, 400, 300, 400],
    [1300, 1, 1200, 1],
  ])('of %ix%i is %ix%i', (width, height, previewWidth, previewHeight) => {
    const preview = new Preview(width, height);
    expect([preview.widthPx, preview.heightPx]).toEqual([previewWidth, previewHeight]);
  });

  it('averages areas, also where the sizes do not divide', async () => {
    const preview = new Preview(1700, 1250);
    const row = Uint8Array.from({ length: 1700 * 3 }, (_, i) => (Math.floor(i / 3) % 2) * 255);
    for (let y = 0; y < 1250; y++) preview.append(row, 1);
    const pixels = await pixelsOf(preview);
    const mean = pixels.reduce((sum, value) => sum + value, 0) / pixels.length;
    expect(Math.abs(mean - 127.5)).toBeLessThan(1);
  });

  it('keeps flat colours and never enlarges', async () => {
    const preview = new Preview(50, 40);
    preview.append(new Uint8Array(50 * 40 * 3).fill(180), 40);
    const pixels = await pixelsOf(preview);
    expect(pixels.length).toBe(50 * 40 * 3);
    expect([...new Set(pixels)]).toEqual([180]);
  });

  it('embeds the sRGB profile', async () => {
    const preview = new Preview(10, 10);
    preview.append(new Uint8Array(300), 10);
    await pixelsOf(preview);
    const { icc, format } = await sharp(path.join(folder, 'preview.jpg')).metadata();
    expect([format, icc !== undefined]).toEqual(['jpeg', true]);
  });
});
