import { readFile } from 'node:fs/promises';
import { crc32, inflateSync } from 'node:zlib';
import fc from 'fast-check';
import type { Arena } from '../../engine/arena.js';
import type { Kernels } from '../../engine/kernels.js';
import { printFolder } from '../../../../../test/support/prints.js';
import { srgbProfile } from '../icc-profiles.js';
import { openThreadContext, samplePicture, writePicture } from '../../../../../test/support/output-profiles.js';
import { combineAdler } from './adler.js';
import { png } from './png-profile.js';

const MOST_BYTES = 200_000;
const GUARD = 0xa5;

let kernels: Kernels;
let arena: Arena;
let input: number;
let output: number;
beforeAll(async () => {
  ({ kernels, arena } = await openThreadContext());
  input = arena.allocate(MOST_BYTES);
  output = arena.allocate(MOST_BYTES * 2);
});

/** As RFC 1950 defines it. */
function adlerOf(bytes: Uint8Array): number {
  let low = 1;
  let high = 0;
  for (const byte of bytes) {
    low = (low + byte) % 65521;
    high = (high + low) % 65521;
  }
  return high * 65536 + low;
}

function kernelAdler(bytes: Uint8Array): number {
  arena.u8(input, bytes.length).set(bytes);
  return kernels.adler32(input, bytes.length) >>> 0;
}

const bytesOf = (length: number, values: number, seed: number): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (Math.imul(i + seed, 0x9e3779b1) >>> 15) % values);

describe('adler32', () => {
  it('sums as the standard requires', () => {
    const lengths = fc.oneof(fc.nat(200), fc.nat(20_000), fc.constantFrom(5551, 5552, 5553, 11_104, 11_105));
    fc.assert(
      fc.property(lengths, fc.constantFrom(1, 2, 256), fc.nat(), (length, values, seed) => {
        const bytes = bytesOf(length, values, seed);
        expect(kernelAdler(bytes)).toBe(adlerOf(bytes));
      }),
    );
  });

  it('does not overflow on the largest bytes', () => {
    const bytes = new Uint8Array(MOST_BYTES).fill(255);
    expect(kernelAdler(bytes)).toBe(adlerOf(bytes));
  });
});

describe('combineAdler', () => {
  it('is the checksum of both runs, one after the other', () => {
    const run = fc.tuple(
      fc.oneof(fc.nat(50), fc.integer({ min: 65_400, max: 140_000 })),
      fc.constantFrom(2, 256),
      fc.nat(),
    );
    fc.assert(
      fc.property(run, run, (a, b) => {
        const [first, second] = [bytesOf(...a), bytesOf(...b)];
        const whole = adlerOf(Buffer.concat([first, second]));
        expect(combineAdler(adlerOf(first), adlerOf(second), second.length)).toBe(whole);
      }),
      { numRuns: 60 },
    );
  });
});

/** The rule of filterPngRows, byte by byte. */
function filtered(rgb: Uint8Array, rowBytes: number): number[] {
  const out: number[] = [];
  for (let at = 0; at < rgb.length; at += rowBytes) {
    const row = [...rgb.subarray(at, at + rowBytes)];
    const sub = row.map((value, i) => (value - (row[i - 3] ?? 0)) & 255);
    const up = row.map((value, i) => (value - rgb[at - rowBytes + i]) & 255);
    const cost = (bytes: number[]): number => bytes.reduce((sum, byte) => sum + Math.min(byte, 256 - byte), 0);
    if (at > 0 && cost(up) < cost(sub)) out.push(2, ...up);
    else out.push(1, ...sub);
  }
  return out;
}

describe('filterPngRows', () => {
  it('takes the cheaper of Sub and Up, and Sub in the first row', () => {
    const shape = fc.record({ width: fc.integer({ min: 1, max: 80 }), rows: fc.integer({ min: 1, max: 12 }) });
    // Bands of color across, along and neither.
    const period = fc.constantFrom(1, 3, 100, 10_000);
    const seen = new Set<number>();
    fc.assert(
      fc.property(shape, period, fc.nat(), ({ width, rows }, flat, seed) => {
        const rowBytes = width * 3;
        const rgb = bytesOf(rowBytes * rows, 256, seed).map((value, i, all) =>
          i % 7 > 0 ? value : all[i - (i % flat)],
        );
        const twice = rgb.map((value, i) => (Math.floor(i / rowBytes) % 3 === 1 ? rgb[i - rowBytes] : value));
        arena.u8(input, twice.length).set(twice);
        const length = (rowBytes + 1) * rows;
        arena.u8(output + length, 16).fill(GUARD);
        kernels.filterPngRows(input, output, rowBytes, rows);
        const out = [...arena.u8(output, length)];
        expect(out).toEqual(filtered(twice, rowBytes));
        expect([...arena.u8(output + length, 16)]).toEqual(new Array(16).fill(GUARD));
        for (let at = 0; at < length; at += rowBytes + 1) seen.add(out[at]);
      }),
      { numRuns: 200 },
    );
    expect([...seen].sort()).toEqual([1, 2]);
  });

  it('keeps to Sub when both cost the same', () => {
    // Three equal pixels below three equal ones of another row: left and above leave the same sums.
    const rgb = Uint8Array.from([9, 9, 9, 9, 9, 9, 18, 18, 18, 18, 18, 18]);
    arena.u8(input, rgb.length).set(rgb);
    kernels.filterPngRows(input, output, 6, 2);
    expect([...arena.u8(output, 14)]).toEqual([1, 9, 9, 9, 0, 0, 0, 1, 18, 18, 18, 0, 0, 0]);
  });
});

/** Type and data of each chunk; their checksums are checked. */
function chunksOf(file: Buffer): { type: string; data: Buffer }[] {
  expect([...file.subarray(0, 8)]).toEqual([137, 80, 78, 71, 13, 10, 26, 10]);
  const chunks: { type: string; data: Buffer }[] = [];
  for (let at = 8; at < file.length;) {
    const end = at + 8 + file.readUInt32BE(at);
    chunks.push({ type: file.toString('latin1', at + 4, at + 8), data: file.subarray(at + 8, end) });
    expect(crc32(file.subarray(at + 4, end))).toBe(file.readUInt32BE(end));
    at = end + 4;
  }
  return chunks;
}

describe('a PNG', () => {
  const [width, height] = [701, 400];
  const stripRows = Math.floor(262_144 / (width * 3));
  let folder: string;
  let remove: () => Promise<void>;
  beforeAll(async () => ({ folder, remove } = await printFolder()));
  afterAll(() => remove());

  it.each(['noise', 'gradient', 'flat'] as const)('of %s is one sound stream in a chunk per strip', async (kind) => {
    const picture = samplePicture(width, height, kind);
    const file = await readFile(await writePicture({ kernels, arena }, png, folder, picture, 130));
    const chunks = chunksOf(file);
    const strips = Math.ceil(height / stripRows);
    // One more for the end of the stream.
    const types = ['IHDR', 'iCCP', 'pHYs', ...new Array<string>(strips + 1).fill('IDAT'), 'IEND'];
    expect(chunks.map(({ type }) => type)).toEqual(types);
    const [header, profile, density, ...rest] = chunks.map(({ data }) => data);
    expect([header.readUInt32BE(0), header.readUInt32BE(4), ...header.subarray(8)]).toEqual([
      width,
      height,
      8,
      2,
      0,
      0,
      0,
    ]);
    expect(profile.toString('latin1', 0, 6)).toBe('sRGB\0\0');
    expect(Buffer.compare(inflateSync(profile.subarray(6)), await srgbProfile())).toBe(0);
    expect([density.readUInt32BE(0), density.readUInt32BE(4), density[8]]).toEqual([11_811, 11_811, 1]);
    // zlib refuses a wrong checksum.
    const rows = inflateSync(Buffer.concat(rest.slice(0, -1)));
    const stripBytes = stripRows * width * 3;
    const expected: number[][] = [];
    for (let at = 0; at < picture.data.length; at += stripBytes) {
      expected.push(filtered(picture.data.subarray(at, at + stripBytes), width * 3));
    }
    expect(Buffer.compare(rows, Buffer.concat(expected.map((strip) => Uint8Array.from(strip))))).toBe(0);
  });
});
