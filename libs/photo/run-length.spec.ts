import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { residentBytes } from '#resources';
import { encodeRle8Bmp } from './bmp-samples.js';
import { endsRunLengthData, parseBmpHeader } from './bmp.js';
import { inspectPhoto } from './index.js';

const MIB = 1024 * 1024;

/** A run-length coded BMP of 4x2 pixels with these codes. */
function coded(...codes: number[]): Buffer {
  const whole = encodeRle8Bmp(4, 2);
  return Buffer.concat([whole.subarray(0, parseBmpHeader(whole).pixelOffset), Buffer.from(codes)]);
}

const isWhole = (file: Buffer): boolean => endsRunLengthData(file, parseBmpHeader(file));

describe('run-length coded BMP', () => {
  it.each([
    ['both rows and the end', [4, 1, 0, 0, 4, 1, 0, 1]],
    ['an end before the last row', [4, 1, 0, 1]],
    ['both rows and no end', [4, 1, 0, 0, 4, 1]],
    ['a literal of the whole row', [0, 4, 1, 2, 3, 4, 0, 0, 4, 1, 0, 1]],
    ['a jump to the last pixel', [0, 2, 3, 1, 1, 1, 0, 1]],
    ['an end of line after the last row', [4, 1, 0, 0, 4, 1, 0, 0, 0, 1]],
  ])('takes %s', (_, codes) => expect(isWhole(coded(...codes))).toBe(true));

  it.each([
    ['nothing', []],
    ['one row and no end', [4, 1, 0, 0]],
    ['a run past the width', [5, 1, 0, 0, 4, 1, 0, 1]],
    ['two runs past the width', [3, 1, 3, 1, 0, 0, 4, 1, 0, 1]],
    ['a literal past the width', [0, 6, 1, 2, 3, 4, 5, 6, 0, 0, 4, 1, 0, 1]],
    ['a literal cut short', [0, 4, 1, 2]],
    ['a jump past the width', [0, 2, 5, 0, 0, 1]],
    ['a jump past the height', [0, 2, 0, 3, 0, 1]],
    ['a jump cut short', [0, 2, 1]],
    ['a row too many', [4, 1, 0, 0, 4, 1, 0, 0, 4, 1, 0, 1]],
  ])('refuses %s', (_, codes) => expect(isWhole(coded(...codes))).toBe(false));

  it('is proved whole without being decoded', async () => {
    const file = path.join(tmpdir(), `rle-${process.pid}.bmp`);
    await writeFile(file, encodeRle8Bmp(10_000, 10_000));
    const before = residentBytes(process.pid)!;
    let peak = 0;
    const sampler = setInterval(() => (peak = Math.max(peak, residentBytes(process.pid)!)), 5);
    expect(await inspectPhoto(file)).toMatchObject({ format: 'BMP', widthPx: 10_000, heightPx: 10_000 });
    clearInterval(sampler);
    // Decoded it would be 400 MB of pixels.
    expect(Math.max(peak, residentBytes(process.pid)!) - before).toBeLessThan(100 * MIB);
  });
});
