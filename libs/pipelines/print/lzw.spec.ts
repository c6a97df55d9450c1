import fc from 'fast-check';
import { LzwEncoder } from './lzw.js';

/** Straightforward reader of TIFF's LZW, to check the writer against. */
function decode(packed: Uint8Array): number[] {
  const out: number[] = [];
  let table: number[][] = [];
  let width = 9;
  let previous: number[] | undefined;
  let bit = 0;
  const next = (): number => {
    let code = 0;
    for (let i = 0; i < width; i++, bit++) code = (code << 1) | ((packed[bit >> 3] >> (7 - (bit & 7))) & 1);
    return code;
  };
  for (;;) {
    const code = next();
    if (code === 257) break;
    if (code === 256) {
      table = Array.from({ length: 258 }, (_, i) => [i]);
      width = 9;
      previous = undefined;
      continue;
    }
    const entry = code < table.length ? table[code] : [...previous!, previous![0]];
    out.push(...entry);
    if (previous !== undefined) table.push([...previous, entry[0]]);
    previous = entry;
    // The reader is one entry behind the writer, hence "early" by one more.
    width = table.length >= 2047 ? 12 : table.length >= 1023 ? 11 : table.length >= 511 ? 10 : 9;
  }
  if (Math.ceil(bit / 8) !== packed.length) throw new Error('bytes after the end code');
  return out;
}

const encoder = new LzwEncoder();

function roundTrip(input: Uint8Array): number[] {
  const out = new Uint8Array(LzwEncoder.worstCase(input.length));
  return decode(out.subarray(0, encoder.encode(input, input.length, out)));
}

describe('LzwEncoder', () => {
  it('returns short inputs exactly', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (input) => {
        expect(roundTrip(input)).toEqual([...input]);
      }),
      { numRuns: 100 },
    );
  });

  it('returns long inputs of every roughness exactly, over many full tables', () => {
    const roughness = fc.constantFrom(1, 2, 5, 30, 256);
    fc.assert(
      fc.property(roughness, fc.integer({ min: 3000, max: 30_000 }), fc.nat(), (values, length, seed) => {
        const input = Uint8Array.from({ length }, (_, i) => (Math.imul(i + seed, 0x9e3779b1) >>> 15) % values);
        expect(Buffer.compare(Buffer.from(roundTrip(input)), Buffer.from(input))).toBe(0);
      }),
      { numRuns: 25 },
    );
  });

  it.each([3836, 3837, 3838, 253, 254, 255, 256, 765, 766, 1789, 1790])(
    'ends well where the code length changes, near %i new strings',
    (strings) => {
      // Every pair of these bytes is new, so each byte makes one string.
      const pairs: number[] = [];
      for (let gap = 1; pairs.length <= strings; gap++) {
        for (let i = 0; i < 256 && pairs.length <= strings; i++) pairs.push((i * gap) & 255);
      }
      for (const length of [strings - 1, strings, strings + 1]) {
        const input = Uint8Array.from(pairs.slice(0, length));
        expect(roundTrip(input)).toEqual([...input]);
      }
    },
  );

  it('stays within the worst case on noise', () => {
    const input = Uint8Array.from({ length: 100_000 }, (_, i) => Math.imul(i, 0x85ebca6b) >>> 24);
    const out = new Uint8Array(LzwEncoder.worstCase(input.length));
    expect(encoder.encode(input, input.length, out)).toBeLessThanOrEqual(out.length);
  });
});
