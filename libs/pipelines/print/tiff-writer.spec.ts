import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';
import sharp from 'sharp';
import { srgbProfile } from './srgb-profile.js';
import { TiffWriter } from './tiff-writer.js';

const run = promisify(execFile);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'tiff-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function write(
  name: string,
  rgb: Uint8Array,
  widthPx: number,
  heightPx: number,
  bandRows = heightPx,
): Promise<string> {
  const file = path.join(folder, name);
  const writer = await TiffWriter.create(file, { widthPx, heightPx, dpi: 300, iccProfile: await srgbProfile() });
  for (let y = 0; y < heightPx; y += bandRows) {
    const rows = Math.min(bandRows, heightPx - y);
    await writer.append(rgb.subarray(y * widthPx * 3, (y + rows) * widthPx * 3), rows);
  }
  await writer.finish();
  return file;
}

const kinds: Record<string, (i: number, width: number) => number> = {
  flat: () => 200,
  gradient: (i, width) => (Math.floor(i / 3) % width) & 255,
  noise: (i) => Math.imul(i + 5, 0x9e3779b1) >>> 24,
  stripes: (i) => ((i / 17) & 1) * 255,
};

describe('TiffWriter', () => {
  it('writes pixels that another reader gets back exactly', async () => {
    const kind = fc.constantFrom(...Object.keys(kinds));
    await fc.assert(
      fc.asyncProperty(
        kind,
        fc.integer({ min: 1, max: 700 }),
        fc.integer({ min: 1, max: 200 }),
        async (name, width, height) => {
          const rgb = Uint8Array.from({ length: width * height * 3 }, (_, i) => kinds[name](i, width));
          const file = await write('property.tif', rgb, width, height);
          const { data, info } = await sharp(file).raw().toBuffer({ resolveWithObject: true });
          expect([info.width, info.height, info.channels]).toEqual([width, height, 3]);
          expect(Buffer.compare(data, Buffer.from(rgb))).toBe(0);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('writes the same bytes whatever the height of the bands', async () => {
    const rgb = Uint8Array.from({ length: 2000 * 150 * 3 }, (_, i) => kinds.noise(i >> 4, 0));
    const whole = await readFile(await write('whole.tif', rgb, 2000, 150));
    for (const bandRows of [1, 43, 64, 149]) {
      expect(await readFile(await write(`band-${bandRows}.tif`, rgb, 2000, 150, bandRows))).toEqual(whole);
    }
  });

  it('names resolution, profile and orientation', async () => {
    const file = await write('tags.tif', new Uint8Array(30 * 20 * 3), 30, 20);
    const facts = await sharp(file).metadata();
    expect(facts).toMatchObject({
      format: 'tiff',
      density: 300,
      resolutionUnit: 'inch',
      orientation: 1,
      depth: 'uchar',
      pages: 1,
    });
    expect(facts.icc).toEqual(Buffer.from(await srgbProfile()));
  });

  it('passes libtiff without a warning', async () => {
    const rgb = Uint8Array.from({ length: 900 * 400 * 3 }, (_, i) => kinds.noise(i >> 3, 0));
    const file = await write('libtiff.tif', rgb, 900, 400);
    const read = await run('tiffinfo', ['-D', file]).catch((error: unknown) => error as { code: string });
    if ('code' in read) {
      // The tool is not installed everywhere.
      expect(read.code).toBe('ENOENT');
      return;
    }
    expect(read.stderr).toBe('');
    for (const line of [
      'Resolution: 300, 300 pixels/inch',
      'Compression Scheme: LZW',
      'Predictor: horizontal differencing 2',
      'Software: Pop-Render',
    ]) {
      expect(read.stdout).toContain(line);
    }
  });

  it('refuses to finish a print with rows missing', async () => {
    const writer = await TiffWriter.create(path.join(folder, 'short.tif'), {
      widthPx: 4,
      heightPx: 4,
      dpi: 300,
      iccProfile: new Uint8Array(4),
    });
    await writer.append(new Uint8Array(24), 2);
    await expect(writer.finish()).rejects.toThrow('2 of 4 rows');
    await writer.abandon();
  });
});
