import { readFile } from 'node:fs/promises';
import type { ThreadContext } from '../../engine/thread-context.js';
import { printFolder } from '../../../../../test/support/prints.js';
import { cmykProfile, srgbProfile } from '../icc-profiles.js';
import { openThreadContext, samplePicture, writePicture } from '../../../../../test/support/output-profiles.js';
import { findProfile } from '../profiles.js';

let context: ThreadContext;
let folder: string;
let remove: () => Promise<void>;
beforeAll(async () => {
  ({ folder, remove } = await printFolder());
  context = await openThreadContext();
});
afterAll(() => remove());

const TYPES: Record<number, [name: string, bytes: number]> = {
  2: ['ascii', 1],
  3: ['short', 2],
  4: ['long', 4],
  5: ['rational', 8],
  7: ['undefined', 1],
};

interface Field {
  readonly type: string;
  readonly values: number[];
}

/** The one directory of a little-endian TIFF (TIFF 6.0, section 2). */
function directoryOf(file: Buffer): Map<number, Field> {
  expect(file.toString('latin1', 0, 4)).toBe('II*\0');
  const at = file.readUInt32LE(4);
  const count = file.readUInt16LE(at);
  expect(at % 2).toBe(0);
  expect(file.readUInt32LE(at + 2 + 12 * count)).toBe(0);
  const fields = new Map<number, Field>();
  for (let entry = at + 2; entry < at + 2 + 12 * count; entry += 12) {
    const [type, size] = TYPES[file.readUInt16LE(entry + 2)];
    const length = file.readUInt32LE(entry + 4);
    const inline = length * size <= 4;
    const from = inline ? entry + 8 : file.readUInt32LE(entry + 8);
    if (!inline) expect(from % 2).toBe(0);
    const step = size === 8 ? 4 : size;
    const values = Array.from({ length: (length * size) / step }, (_, i) => file.readUIntLE(from + i * step, step));
    fields.set(file.readUInt16LE(entry), { type, values });
  }
  return fields;
}

describe.each([
  { name: 'tiff-lzw', compression: 5, channels: 3, predicted: true },
  { name: 'tiff-deflate', compression: 8, channels: 3, predicted: true },
  { name: 'tiff-none', compression: 1, channels: 3, predicted: false },
  { name: 'tiff-cmyk', compression: 5, channels: 4, predicted: true },
])('$name', ({ name, compression, channels, predicted }) => {
  const [width, height] = [701, 400];

  it('has the tags that print shops expect, and no others', async () => {
    const file = await readFile(
      await writePicture(context, findProfile(name), folder, samplePicture(width, height, 'gradient')),
    );
    const fields = directoryOf(file);
    const cmyk = channels === 4;
    const expected = [
      ...[256, 257, 258, 259, 262, 273, 274, 277, 278, 279, 282, 283, 284, 296, 305],
      ...(predicted ? [317] : []),
      ...(cmyk ? [332] : []),
      34675,
    ];
    expect([...fields.keys()]).toEqual(expected);
    const short = (...values: number[]): Field => ({ type: 'short', values });
    expect(fields.get(256)!.values).toEqual([width]);
    expect(fields.get(257)!.values).toEqual([height]);
    expect(fields.get(258)).toEqual(short(...new Array<number>(channels).fill(8)));
    expect(fields.get(259)).toEqual(short(compression));
    expect(fields.get(262)).toEqual(short(cmyk ? 5 : 2));
    expect(fields.get(274)).toEqual(short(1));
    expect(fields.get(277)).toEqual(short(channels));
    expect(fields.get(282)).toEqual({ type: 'rational', values: [300, 1] });
    expect(fields.get(283)).toEqual({ type: 'rational', values: [300, 1] });
    expect(fields.get(284)).toEqual(short(1));
    expect(fields.get(296)).toEqual(short(2));
    expect(Buffer.from(fields.get(305)!.values).toString()).toBe('Pop-Render\0');
    if (predicted) expect(fields.get(317)).toEqual(short(2));
    if (cmyk) expect(fields.get(332)).toEqual(short(1));
    const profile = fields.get(34675)!;
    expect(profile.type).toBe('undefined');
    expect(Buffer.compare(Buffer.from(profile.values), cmyk ? await cmykProfile() : await srgbProfile())).toBe(0);
  });

  it('has its strips one after another from byte 8 on, as many rows in each but the last', async () => {
    const file = await readFile(
      await writePicture(context, findProfile(name), folder, samplePicture(width, height, 'noise'), 130),
    );
    const fields = directoryOf(file);
    const [rows] = fields.get(278)!.values;
    const sizes = fields.get(279)!.values;
    expect(rows).toBe(Math.floor(262_144 / (width * channels)));
    expect(sizes.length).toBe(Math.ceil(height / rows));
    expect(sizes.length).toBeGreaterThan(3);
    const starts = sizes.map((_, i) => 8 + sizes.slice(0, i).reduce((sum, size) => sum + size, 0));
    expect(fields.get(273)!.values).toEqual(starts);
    if (compression === 1) expect(sizes[0]).toBe(rows * width * channels);
    // LZW begins with a clear code of nine bits, zlib with its header.
    const beginning = { 1: undefined, 5: 0x80, 8: 0x78 }[compression];
    if (beginning !== undefined) expect(starts.map((at) => file[at])).toEqual(starts.map(() => beginning));
  });
});
