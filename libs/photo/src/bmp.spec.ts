import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { decodeBmp, proveBmpWhole } from './bmp.js';
import { encodeBmp, encodeRle8Bmp } from '../../../test/support/bmp-files.js';
import { inspectPhoto, readPhoto } from './index.js';

let folder: string;
let file: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'bmp-'));
  file = path.join(folder, 'photo.bmp');
});
afterAll(() => rm(folder, { recursive: true }));

const DEPTHS = [1, 4, 8, 16, 24, 32];
const HEADER_FIELDS = [2, 10, 14, 18, 22, 26, 28, 30, 34, 46, 50];

/** A BMP whose pixels are random, so that every bit of every row counts. */
function randomBmp(width: number, height: number, bits: number, noise: Uint8Array, topDown = false): Buffer {
  const bmp = encodeBmp(width, height, bits, { topDown });
  const offset = bmp.readUInt32LE(10);
  for (let i = bits <= 8 ? 54 : offset, k = 0; i < bmp.length; i++, k++) bmp[i] = noise[k % noise.length];
  return bmp;
}

const PILLOW = `
import json, sys
from PIL import Image
for name in sys.argv[1:]:
    with Image.open(name) as image:
        print(json.dumps([image.width, image.height, image.convert("RGB").tobytes().hex()]))
`;

/** Pictures as Pillow reads them: width, height and RGB. */
function readByPillow(files: string[]): [number, number, string][] {
  const output = execFileSync('/usr/bin/python3', ['-c', PILLOW, ...files], { encoding: 'utf8', maxBuffer: 1 << 28 });
  return output
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as [number, number, string]);
}

/** Nothing but the coded refusal may come out of a broken file. */
async function outcomeOf(bytes: Uint8Array): Promise<'accepted' | 'refused'> {
  await writeFile(file, bytes);
  const crop = { width: 20, height: 20, focus: { x: 0.5, y: 0.5 } };
  const codes = await Promise.all(
    [inspectPhoto(file), readPhoto(file, crop)].map((reading) =>
      reading.then(
        () => 'accepted',
        (error: { code?: string }) => error.code,
      ),
    ),
  );
  expect(['accepted', 'corrupt_photo', 'photo_too_large', 'unsupported_format']).toContain(codes[0]);
  expect(codes[1]).toBe(codes[0]);
  return codes[0] === 'accepted' ? 'accepted' : 'refused';
}

describe('decodeBmp', () => {
  it('sees the same pixels as Pillow in whole files of every depth', async () => {
    const noise = fc.uint8Array({ minLength: 64, maxLength: 4000 });
    const shape = fc.tuple(fc.integer({ min: 1, max: 70 }), fc.integer({ min: 1, max: 40 }));
    const photos = fc.sample(fc.tuple(shape, fc.constantFrom(...DEPTHS), noise, fc.boolean()), {
      numRuns: 120,
      seed: 5,
    });
    const files = photos.map((_, i) => path.join(folder, `${i}.bmp`));
    for (const [i, [[width, height], bits, pixels, topDown]] of photos.entries()) {
      await writeFile(files[i], randomBmp(width, height, bits, pixels, topDown));
    }
    for (const [i, [width, height, rgb]] of readByPillow(files).entries()) {
      const image = await decodeBmp(files[i]);
      const name = `${i}: ${photos[i][0].join('x')}, ${photos[i][1]} bits`;
      expect([name, image.width, image.height, Buffer.from(image.data).toString('hex')]).toEqual([
        name,
        width,
        height,
        rgb,
      ]);
    }
  });

  it('sees the same pixels as Pillow and NetSurf in run-length data', async () => {
    const { decode } = createRequire(__filename)('@cwasm/nsbmp') as {
      decode: (bytes: Uint8Array) => { width: number; height: number; data: Uint8Array };
    };
    const run = fc.tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 0, max: 255 }));
    const rows = fc.array(fc.array(run, { minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 20 });
    for (const [i, lines] of fc.sample(rows, { numRuns: 60, seed: 6 }).entries()) {
      const width = Math.max(...lines.map((line) => line.reduce((sum, [count]) => sum + count, 0)));
      const full = lines.map((line) => fillRow(line, width));
      const head = encodeRle8Bmp(width, lines.length).subarray(0, 54 + 1024);
      for (let k = 54; k < head.length; k++) head[k] = (k * 37) & 255;
      const stream = full.flatMap((line, at) => [...line.flat(), 0, at === full.length - 1 ? 1 : 0]);
      const bmp = Buffer.concat([head, Buffer.from(stream)]);
      bmp.writeUInt32LE(stream.length, 34);
      await writeFile(file, bmp);
      const image = Buffer.from((await decodeBmp(file)).data).toString('hex');
      const reference = decode(bmp);
      const rgb = Buffer.from(reference.data.filter((_, at) => at % 4 !== 3)).toString('hex');
      expect([i, image]).toEqual([i, rgb]);
      if (i < 10) expect([i, image]).toEqual([i, readByPillow([file])[0][2]]);
    }
  });

  it('answers any header with a picture or the coded refusal', async () => {
    const change = fc.tuple(fc.constantFrom(...HEADER_FIELDS), fc.integer({ min: 0, max: 0xffffffff }));
    const lies = fc.tuple(fc.constantFrom(...DEPTHS), fc.array(change, { minLength: 1, maxLength: 3 }));
    await fc.assert(
      fc.asyncProperty(lies, async ([bits, changes]) => {
        const bmp = encodeBmp(17, 9, bits);
        for (const [at, value] of changes) bmp.writeUInt32LE(value, at);
        await outcomeOf(bmp);
      }),
      { numRuns: 300, seed: 1 },
    );
  });

  it('answers any run-length stream with a picture or the coded refusal', async () => {
    const codes = fc.array(fc.oneof(fc.constantFrom(0, 1, 2, 3), fc.integer({ min: 0, max: 255 })), { maxLength: 300 });
    const seen = { accepted: 0, refused: 0 };
    await fc.assert(
      fc.asyncProperty(codes, async (stream) => {
        const bmp = encodeRle8Bmp(33, 12).subarray(0, 54 + 1024);
        seen[await outcomeOf(Buffer.concat([bmp, Buffer.from(stream)]))]++;
      }),
      { numRuns: 300, seed: 2 },
    );
    expect(Math.min(seen.accepted, seen.refused)).toBeGreaterThan(5);
  });

  it('knows a file that is short by one byte', async () => {
    for (const bits of DEPTHS) {
      // Without the padding of the last row a file is still whole.
      const bmp = encodeBmp(16, 3, bits);
      const whole = bmp.length - (Math.ceil((16 * bits) / 32) * 4 - (16 * bits) / 8);
      await writeFile(file, bmp.subarray(0, whole));
      await expect(proveBmpWhole(file)).resolves.toBeUndefined();
      await writeFile(file, bmp.subarray(0, whole - 1));
      await expect(proveBmpWhole(file)).rejects.toMatchObject({ code: 'corrupt_photo' });
      await expect(decodeBmp(file)).rejects.toMatchObject({ code: 'corrupt_photo' });
    }
  });
});

/** Lengthens the last run, or adds runs, until a row is full. */
function fillRow(line: [number, number][], width: number): [number, number][] {
  let left = width - line.reduce((sum, [count]) => sum + count, 0);
  const full = [...line];
  for (; left > 0; left -= 200) full.push([Math.min(200, left), 9]);
  return full;
}
