import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import sharp from 'sharp';
import { needsAllBits, needsWholeCurve } from './color/coarse-steps.js';
import { grayCurve, toneCurve } from './color/tone-curve.js';
import { SRGB_PRIMARIES } from './color/colorimetry.js';
import { profileOf } from './color/profile-writer.js';
import { lightToSrgb, linearLight, powerLaw, srgbToLight } from './color/transfer.js';
import { inspectPhoto } from './inspect-photo.js';
import { withPngChunks } from './png-chunks.js';
import { openPhoto } from './read-photo.js';
import { withTiffEntries } from './tiff-entries.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'gray-light-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function stored(bytes: Buffer): Promise<string> {
  const file = path.join(folder, 'photo');
  await writeFile(file, bytes);
  return file;
}

/** The first channel of a photo. */
async function graysOf(bytes: Buffer): Promise<number[]> {
  const { data, info } = await (await openPhoto(await stored(bytes))).raw().toBuffer({ resolveWithObject: true });
  expect(info.channels).toBe(3);
  return [...data.filter((_, i) => i % 3 === 0)];
}

/** A gray PNG of one row with a gAMA chunk for linear light. */
function linearPng(bits: number, width: number, row: Buffer, ...chunks: { type: string; data: Buffer }[]): Buffer {
  const empty = Buffer.from(
    '89504e470d0a1a0a' + '0000000049484452' + '00000000' + '0000000049454e44' + 'ae426082',
    'hex',
  );
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width);
  header.writeUInt32BE(1, 4);
  header[8] = bits;
  const gamma = Buffer.from('000186a0', 'hex');
  const pixels = deflateSync(Buffer.concat([Buffer.of(0), row]));
  const all = [
    { type: 'IHDR', data: header },
    { type: 'gAMA', data: gamma },
    ...chunks,
    { type: 'IDAT', data: pixels },
  ];
  return withPngChunks(empty, all, ['IHDR']);
}

const levelOf = (light: number): number => Math.round(255 * lightToSrgb(light));

describe('grays that are amounts of light', () => {
  it.each([1, 2, 4, 8])('of %i bits', async (bits) => {
    const count = 2 ** bits;
    const digits = Array.from({ length: Math.max(8, count) }, (_, i) =>
      (i % count).toString(2).padStart(bits, '0'),
    ).join('');
    const row = Buffer.from(digits.match(/.{8}/g)!.map((byte) => parseInt(byte, 2)));
    const wanted = Array.from({ length: Math.max(8, count) }, (_, i) => levelOf((i % count) / (count - 1)));
    expect(await graysOf(linearPng(bits, wanted.length, row))).toEqual(wanted);
  });

  it('are exact for every value of 16 bits', async () => {
    const row = Buffer.alloc(2 * 8192);
    for (let i = 0; i < 8192; i++) row.writeUInt16BE(8 * i, 2 * i);
    const wanted = Array.from({ length: 8192 }, (_, i) => levelOf((8 * i) / 65_535));
    expect(await graysOf(linearPng(16, 8192, row))).toEqual(wanted);
  });

  it('one of which is transparent', async () => {
    const clear = { type: 'tRNS', data: Buffer.of(0, 5) };
    const grays = await graysOf(linearPng(8, 8, Buffer.from([4, 5, 6, 7, 5, 0, 255, 5]), clear));
    expect(grays).toEqual([4, -1, 6, 7, -1, 0, 255, -1].map((value) => (value < 0 ? 255 : levelOf(value / 255))));
  });

  it('of which some are damaged', async () => {
    const noise = Buffer.from(Array.from({ length: 600 }, (_, i) => Math.imul(i + 1, 0x9e3779b1) >>> 24));
    const png = linearPng(8, 600, noise);
    const damaged = Buffer.from(png);
    damaged[png.length - 60] ^= 1;
    const file = await stored(damaged);
    await expect(openPhoto(file)).rejects.toMatchObject({ code: 'corrupt_photo' });
    await expect(inspectPhoto(file)).rejects.toMatchObject({ code: 'corrupt_photo' });
  });

  it('with extra samples that mean nothing', async () => {
    const raw = { width: 4, height: 1, channels: 2 } as const;
    const pixels = Buffer.from([2, 0, 20, 9, 100, 255, 255, 1]);
    const tiff = await sharp(pixels, { raw }).toColourspace('b-w').tiff({ compression: 'none' }).toBuffer();

    const marked = withTiffEntries(tiff, [
      { tag: 338, type: 'short', data: Buffer.of(0) },
      {
        tag: 34_675,
        type: 'undefined',
        data: profileOf({ primaries: SRGB_PRIMARIES, transfer: linearLight }, 'GRAY')!,
      },
    ]);
    expect(await graysOf(marked)).toEqual([2, 20, 100, 255].map((value) => levelOf(value / 255)));
  });
});

/** A profile of nothing but a curve. */
function grayProfile(curve: Buffer, { space = 'GRAY', connection = 'XYZ ', tag = 'kTRC' } = {}): Buffer {
  const head = Buffer.alloc(144);
  head.writeUInt32BE(head.length + curve.length);
  head.write(`mntr${space}${connection}`, 12);
  head.write('acsp', 36);
  head.writeUInt32BE(1, 128);
  head.write(tag, 132);
  head.writeUInt32BE(head.length, 136);
  head.writeUInt32BE(curve.length, 140);
  return Buffer.concat([head, curve]);
}

describe('the curve of a profile', () => {
  const identity = Buffer.from('637572760000000000000000', 'hex');
  const at = [0, 0.1, 0.35, 0.5, 0.9, 1];
  const numbers = (...values: number[]): string =>
    values.map((value) => (Math.round(value * 65_536) >>> 0).toString(16).padStart(8, '0')).join('');
  const formula = (type: number, ...values: number[]): Buffer =>
    Buffer.from(`7061726100000000000${type}0000${numbers(...values)}`, 'hex');

  it.each([
    ['none', identity, (v: number) => v],
    ['a gamma', Buffer.from('6375727600000000000000010200', 'hex'), (v: number) => v ** 2],
    [
      'a table',
      Buffer.from('637572760000000000000003' + '0000' + '4000' + 'ffff', 'hex'),
      (v: number) => (v < 0.5 ? v / 2 : 1.5 * v - 0.5),
    ],
    ['formula 0', formula(0, 1.5), (v: number) => v ** 1.5],
    ['formula 1', formula(1, 2, 1.25, -0.25), (v: number) => (v < 0.2 ? 0 : (1.25 * v - 0.25) ** 2)],
    ['formula 2', formula(2, 2, 1, -0.25, 0.25), (v: number) => (v < 0.25 ? 0 : (v - 0.25) ** 2) + 0.25],
    ['formula 3', formula(3, 2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045), srgbToLight],
    [
      'formula 4',
      formula(4, 2, 0.5, 0, 0.25, 0.5, 0.5, 0.125),
      (v: number) => (v < 0.5 ? v / 4 + 0.125 : v ** 2 / 4 + 0.5),
    ],
  ])('is read: %s', (_, tag, wanted) => {
    const curve = toneCurve(grayProfile(tag), 'kTRC')!;
    for (const value of at) expect(curve(value)).toBeCloseTo(wanted(value), 3);
  });

  it('is one of lightness where that is what profiles are connected by', () => {
    const curve = grayCurve(grayProfile(identity, { connection: 'Lab ' }))!;
    expect(curve(0.5)).toBeCloseTo(0.1842, 4);
    expect(curve(0.04)).toBeCloseTo(4 / 903.3, 5);
  });

  it('is not looked for in other profiles', () => {
    expect(grayCurve(grayProfile(identity, { space: 'RGB ' }))).toBeUndefined();
    expect(grayCurve(grayProfile(identity, { tag: 'A2B0' }))).toBeUndefined();
  });

  it('may be damaged in any way', () => {
    const profile = grayProfile(formula(3, 2.4, 1, 0, 1, 0.5));
    fc.assert(
      fc.property(fc.nat(profile.length - 1), fc.nat(255), fc.nat(profile.length), (place, value, length) => {
        const damaged = Buffer.from(profile.subarray(0, length));
        damaged[place] = value;
        const curve = grayCurve(damaged);
        if (curve !== undefined) expect(typeof curve(0.5)).toBe('number');
      }),
    );
  });

  it('is read by our own code only where the decoder would be too coarse', () => {
    expect([1, 1.2, 1.8, 2.2].map((exponent) => needsWholeCurve(powerLaw(exponent)))).toEqual([
      true,
      true,
      false,
      false,
    ]);
    expect([1, 1.2, 1.8, 2.2].map((exponent) => needsAllBits(powerLaw(exponent)))).toEqual([true, true, false, false]);
    expect([needsWholeCurve(srgbToLight), needsAllBits(srgbToLight)]).toEqual([false, false]);
  });
});
