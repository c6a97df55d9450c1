import fc from 'fast-check';
import type { Arena } from '../../engine/arena.js';
import type { Kernels } from '../../engine/kernels.js';
import { openThreadContext } from '../../../../../test/support/output-profiles.js';

/** Straightforward reader of TIFF's LZW, to check the kernel against. @param seen is given every code */
function decode(packed: Uint8Array, seen: (code: number) => void = () => undefined): Uint8Array {
  const out: number[] = [];
  let table: number[][] = [];
  let width = 9;
  let previous: number[] | undefined;
  let bit = 0;
  const next = (): number => {
    if (bit + width > packed.length * 8) throw new Error('no end code');
    let code = 0;
    for (let i = 0; i < width; i++, bit++) code = (code << 1) | ((packed[bit >> 3] >> (7 - (bit & 7))) & 1);
    seen(code);
    return code;
  };
  if (next() !== 256) throw new Error('no clear code first');
  for (let code = 256; code !== 257; code = next()) {
    if (code === 256) {
      table = Array.from({ length: 258 }, (_, i) => [i]);
      width = 9;
      previous = undefined;
      continue;
    }
    if (code > table.length || (code === table.length && previous === undefined)) throw new Error(`no string ${code}`);
    const entry = code < table.length ? table[code] : [...previous!, previous![0]];
    out.push(...entry);
    if (previous !== undefined) table.push([...previous, entry[0]]);
    if (table.length > 4095) throw new Error('table overflow');
    previous = entry;
    // The reader is one entry behind the writer, hence "early" by one more.
    width = table.length >= 2047 ? 12 : table.length >= 1023 ? 11 : table.length >= 511 ? 10 : 9;
  }
  if (Math.ceil(bit / 8) !== packed.length) throw new Error('bytes after the end code');
  return Uint8Array.from(out);
}

function codesOf(packed: Uint8Array): number[] {
  const codes: number[] = [];
  decode(packed, (code) => codes.push(code));
  return codes;
}

const MOST_BYTES = 300_000;
const GUARD = 0xa5;

let kernels: Kernels;
let arena: Arena;
let input: number;
let packed: number;
let table: number;
beforeAll(async () => {
  ({ kernels, arena } = await openThreadContext());
  input = arena.allocate(MOST_BYTES);
  packed = arena.allocate(worstCase(MOST_BYTES) + 64);
  table = arena.allocate(kernels.lzwTableBytes());
});

function worstCase(length: number): number {
  return Math.ceil(length * 1.52) + 16;
}

/** One strip, packed behind all that this table has seen before. */
function pack(bytes: Uint8Array): Uint8Array {
  arena.u8(input, bytes.length).set(bytes);
  // What lies behind a strip must not matter.
  arena.u8(input + bytes.length, 32).fill(bytes.length & 1 ? 0 : 7);
  arena.u8(packed + worstCase(bytes.length), 64).fill(GUARD);
  const size = kernels.lzwEncode(input, bytes.length, packed, table);
  expect(size).toBeLessThanOrEqual(worstCase(bytes.length));
  expect([...arena.u8(packed + worstCase(bytes.length), 64)].every((byte) => byte === GUARD)).toBe(true);
  return arena.u8(packed, size).slice();
}

function expectRoundTrip(bytes: Uint8Array): void {
  const back = decode(pack(bytes));
  if (Buffer.compare(back, bytes) !== 0) expect([...back]).toEqual([...bytes]);
}

function noise(length: number, values: number, seed: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (Math.imul(i + seed, 0x9e3779b1) >>> 15) % values);
}

/** Runs of one byte after another, mostly zeros, as the predictor leaves them. */
const runs = fc
  .array(
    fc.tuple(
      fc.oneof(fc.constant(0), fc.constant(0), fc.nat(255)),
      fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 5000 })),
    ),
    { minLength: 1, maxLength: 60 },
  )
  .map((pieces) => Uint8Array.from(pieces.flatMap(([value, length]) => new Array<number>(length).fill(value))));

/** Every pair of these bytes is new, so each byte makes one string. */
function newStrings(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * (1 + 2 * (i >> 8))) & 255);
}

/** Lengths of runs of zeros around those that end with the given number of new strings: n (n + 1) / 2 zeros make n. */
function aroundRun(strings: number): number[] {
  const length = (strings * (strings + 1)) / 2;
  return [length - 1, length, length + 1];
}

describe('lzwEncode', () => {
  it('keeps short inputs exactly', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => expectRoundTrip(bytes)),
      { numRuns: 300 },
    );
  });

  it('keeps runs of zeros and others exactly', () => {
    fc.assert(
      fc.property(runs, (bytes) => expectRoundTrip(bytes)),
      { numRuns: 150 },
    );
  });

  it('keeps noise between runs exactly', () => {
    const pieces = fc.array(fc.tuple(fc.integer({ min: 0, max: 3000 }), fc.integer({ min: 0, max: 300 }), fc.nat()), {
      minLength: 1,
      maxLength: 20,
    });
    fc.assert(
      fc.property(pieces, fc.constantFrom(2, 5, 256), (parts, values) => {
        const bytes = parts.flatMap(([zeros, rough, seed]) => [
          ...new Array<number>(zeros).fill(0),
          ...noise(rough, values, seed),
        ]);
        expectRoundTrip(Uint8Array.from(bytes));
      }),
      { numRuns: 60 },
    );
  });

  it('keeps long inputs of every roughness exactly, over many full tables', () => {
    const roughness = fc.constantFrom(1, 2, 5, 30, 256);
    fc.assert(
      fc.property(roughness, fc.integer({ min: 3000, max: 30_000 }), fc.nat(), (values, length, seed) => {
        expectRoundTrip(noise(length, values, seed));
      }),
      { numRuns: 40 },
    );
  });

  // Codes 511, 1023 and 2047 are the last of their length, 4093 is the last before the table is cleared.
  it.each([253, 509, 765, 1021, 1789, 2045, 3836, 7672, 11_508])('ends well near %i new strings', (strings) => {
    for (let length = strings - 8; length <= strings + 8; length++) expectRoundTrip(newStrings(length));
  });

  it.each([253, 254, 765, 766])('ends well in a run of zeros near %i new strings', (strings) => {
    for (const zeros of aroundRun(strings)) expectRoundTrip(new Uint8Array(zeros));
  });

  it('ends well in a run of zeros that fills the table', () => {
    for (let strings = 695; strings <= 705; strings++) {
      for (const zeros of aroundRun(strings)) {
        expectRoundTrip(Buffer.concat([newStrings(3836 - 700), new Uint8Array(zeros)]));
      }
    }
  });

  it('writes an empty strip as clear code and end code', () => {
    expect([...pack(new Uint8Array(0))]).toEqual([0x80, 0x40, 0x40]);
  });

  it('clears a table that the last string fills, as libtiff does', () => {
    const clears = [3835, 3836, 3837].map((length) => codesOf(pack(newStrings(length))).filter((code) => code === 256));
    expect(clears.map(({ length }) => length)).toEqual([1, 2, 2]);
    expect(codesOf(pack(newStrings(3836))).slice(-2)).toEqual([256, 257]);
  });

  it('gives the same bytes whatever was packed before, also when the stamps of the table begin again', () => {
    const clean = (): Uint8Array => arena.u8(table, kernels.lzwTableBytes()).fill(0);
    const seeds = Array.from({ length: 20 }, (_, i) => i);
    const alone = seeds.map((seed) => {
      clean();
      return pack(noise(3000, 9, seed));
    });
    clean();
    for (let i = 0; i < 4095; i++) pack(noise(i < 40 ? 3000 : 20, 5, i));
    for (const seed of seeds) expect(Buffer.compare(pack(noise(3000, 9, seed)), alone[seed])).toBe(0);
  });

  it('stays within the worst case on noise', () => {
    expectRoundTrip(noise(200_000, 256, 77));
  });

  it('makes few bytes of a flat strip', () => {
    expect(pack(new Uint8Array(250_000)).length).toBeLessThan(1500);
  });
});

describe('predictRows', () => {
  it('takes from each byte the same channel of the pixel on the left', () => {
    const shape = fc.record({
      channels: fc.constantFrom(1, 3, 4),
      width: fc.integer({ min: 1, max: 90 }),
      rows: fc.integer({ min: 1, max: 5 }),
    });
    fc.assert(
      fc.property(shape, fc.nat(), ({ channels, width, rows }, seed) => {
        const rowBytes = width * channels;
        const bytes = noise(rows * rowBytes, 256, seed);
        arena.u8(input, bytes.length).set(bytes);
        kernels.predictRows(input, packed, rowBytes, channels, rows);
        const expected = bytes.map((value, i) => (i % rowBytes < channels ? value : value - bytes[i - channels]));
        expect([...arena.u8(packed, bytes.length)]).toEqual([...expected]);
      }),
    );
  });
});
