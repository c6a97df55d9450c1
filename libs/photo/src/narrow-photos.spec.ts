import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';
import sharp from 'sharp';
import { encodeBmp } from '../../../test/support/bmp-files.js';
import { readPhoto } from './index.js';

const GRAY = 119;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'narrow-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** A gray photo with one red mark across its shorter side. */
async function marked(name: string, width: number, height: number, from: number, length: number): Promise<string> {
  const data = new Uint8Array(3 * width * height).fill(GRAY);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const along = width > height ? x : y;
      if (along >= from && along < from + length) data.set([220, 30, 20], 3 * (y * width + x));
    }
  }
  const file = path.join(folder, name);
  await sharp(data, { raw: { width, height, channels: 3 } })
    .png({ compressionLevel: 1 })
    .toFile(file);
  return file;
}

const showsMark = (data: Uint8Array): boolean => data.some((v, i) => i % 3 === 0 && v > 180 && data[i + 1] < 80);

describe('attention on a photo of any shape', () => {
  it.each([
    [10_000, 1],
    [1, 10_000],
    [10_000, 5],
    [3, 10_000],
    [10_000, 60],
    [250, 5000],
    [3000, 900],
    [900, 800],
  ])('finds the only mark on %dx%d pixels', async (width, height) => {
    const [long, short] = [Math.max(width, height), Math.min(width, height)];
    const length = Math.max(Math.ceil(long / 100), Math.ceil(short / 2));
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: long - length }), async (from) => {
        const file = await marked('marked.png', width, height, from, length);
        const { data } = await readPhoto(file, { width: 120, height: 160, focus: 'attention' });
        return data.length === 120 * 160 * 3 && showsMark(data);
      }),
      { numRuns: 6, examples: [[0], [long - length], [Math.floor(long / 3)]] },
    );
  });

  it('cuts as the decoder itself does where the photo hardly overhangs', async () => {
    const file = await marked('ordinary.png', 900, 600, 700, 80);
    const { data } = await readPhoto(file, { width: 120, height: 160, focus: 'attention' });
    const direct = sharp(file).resize(120, 160, { fit: 'cover', position: 'attention' });
    expect(Buffer.compare(data, await direct.removeAlpha().raw().toBuffer())).toBe(0);
  });

  it.each([
    ['one pixel', 1, 1],
    ['four pixels', 2, 2],
    ['a flat strip', 4000, 3],
  ])('prints %s', async (_, width, height) => {
    const file = path.join(folder, 'flat.png');
    await sharp({ create: { width, height, channels: 3, background: '#c83c32' } })
      .png()
      .toFile(file);
    const { data } = await readPhoto(file, { width: 90, height: 120, focus: 'attention' });
    expect([...data.subarray(0, 3), ...data.subarray(-3)]).toEqual([200, 60, 50, 200, 60, 50]);
  });
});

describe('a strip of a photo', () => {
  it.each(['png', 'bmp'])('shows around a focus what lies there: %s', async (format) => {
    const file = path.join(folder, `steps.${format}`);
    const [width, height] = [8000, 2];
    const step = (x: number): number => (x < 3000 ? 40 : 200);
    const data = Uint8Array.from({ length: 3 * width * height }, (_, i) => step(Math.floor(i / 3) % width));
    if (format === 'png') {
      await sharp(data, { raw: { width, height, channels: 3 } })
        .png()
        .toFile(file);
    } else {
      const bytes = encodeBmp(width, height, 24);
      Buffer.from([...data, ...data.subarray(0, 3 * width * height)].slice(0, 3 * width * height)).copy(bytes, 54);
      await writeFile(file, bytes);
    }
    for (const [x, shade] of [
      [0.374, 40],
      [0.376, 200],
    ]) {
      const image = await readPhoto(file, { width: 96, height: 128, focus: { x, y: 0.5 } });
      expect([image.data[0], image.data[image.data.length - 1]]).toEqual([shade, shade]);
    }
  });

  it('is contained whole, in a frame that rounding has made too thick', async () => {
    const file = path.join(folder, 'ends.png');
    const [width, height] = [6000, 2];
    const data = Uint8Array.from({ length: 3 * width * height }, (_, i) => {
      const x = Math.floor(i / 3) % width;
      return x < 400 ? 20 : x >= 5600 ? 240 : 128;
    });
    await sharp(data, { raw: { width, height, channels: 3 } })
      .png()
      .toFile(file);
    const image = await readPhoto(file, { width: 600, height: 1, focus: { x: 0.5, y: 0.5 }, uncut: true });
    expect([image.data[30], image.data[900], image.data[1770]]).toEqual([20, 128, 240]);
  });

  it('never costs memory that grows with its shape', async () => {
    const shapes = [
      [10_000, 1],
      [1, 10_000],
      [10_000, 5],
      [3, 10_000],
      [10_000, 60],
      [800, 10_000],
    ];
    for (const [width, height] of shapes) await marked(`strip-${width}.png`, width, height, 70, 40);
    const script = `
      const { readPhoto } = await import('./dist/libs/photo/src/index.js');
      for (const [width] of ${JSON.stringify(shapes)}) {
        for (const focus of ['attention', { x: 0.2, y: 0.7 }]) {
          await readPhoto(process.argv[1] + '/strip-' + width + '.png', { width: 1280, height: 1600, focus });
        }
      }
      // Not the resource usage: that of a new process begins with what its parent held.
      const { readFileSync } = await import('node:fs');
      console.log(/VmHWM:\\s+(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1] / 1024);`;
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--input-type=module', '-e', script, '--', folder],
      { cwd: path.resolve(__dirname, '../../..'), timeout: 60_000, killSignal: 'SIGKILL' },
    );
    expect(Number(stdout)).toBeLessThan(256);
  }, 70_000);
});
