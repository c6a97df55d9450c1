import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { inspectPhoto, readPhoto } from '#photo';
import sharp from 'sharp';
import { manyScansJpeg } from '../support/costly-photos.js';

let photo: string;
beforeAll(async () => (photo = path.join(await mkdtemp(path.join(tmpdir(), 'scans-')), 'photo')));
afterAll(() => rm(path.dirname(photo), { recursive: true }));

const TOO_MANY = { code: 'photo_too_complex', hint: expect.stringContaining('at most 30 scans') };

/** A gray TIFF whose one strip is this JPEG. */
function tiffOf(jpeg: Buffer, sidePx: number): Buffer {
  const [SHORT, LONG] = [3, 4];
  const entries = [
    [256, LONG, sidePx],
    [257, LONG, sidePx],
    [258, SHORT, 8],
    [259, SHORT, 7],
    [262, SHORT, 1],
    [273, LONG, 8],
    [277, SHORT, 1],
    [278, LONG, sidePx],
    [279, LONG, jpeg.length],
  ];
  const directory = Buffer.alloc(2 + 12 * entries.length + 4);
  directory.writeUInt16LE(entries.length);
  entries.forEach(([tag, type, value], i) => {
    directory.writeUInt16LE(tag, 2 + 12 * i);
    directory.writeUInt16LE(type, 4 + 12 * i);
    directory.writeUInt32LE(1, 6 + 12 * i);
    directory.writeUInt32LE(value, 10 + 12 * i);
  });
  const head = Buffer.from('49492a0000000000', 'hex');
  head.writeUInt32LE(8 + jpeg.length, 4);
  return Buffer.concat([head, jpeg, directory]);
}

describe('scans of a JPEG', () => {
  it.each([1, 10, 30])('are decoded when there are %d', async (scans) => {
    await writeFile(photo, manyScansJpeg(64, scans));
    expect(await inspectPhoto(photo)).toMatchObject({ format: 'JPEG', widthPx: 64 });
  });

  it('beyond 30 are refused when a photo is inspected, and when it is read to be printed', async () => {
    await writeFile(photo, manyScansJpeg(64, 31));
    await expect(inspectPhoto(photo)).rejects.toMatchObject(TOO_MANY);
    await expect(readPhoto(photo, { width: 10, height: 10, focus: { x: 0.5, y: 0.5 } })).rejects.toMatchObject(
      TOO_MANY,
    );
  });

  it('are counted in a TIFF too', async () => {
    await writeFile(photo, tiffOf(manyScansJpeg(64, 30), 64));
    expect(await inspectPhoto(photo)).toMatchObject({ format: 'TIFF', widthPx: 64 });
    await writeFile(photo, tiffOf(manyScansJpeg(64, 31), 64));
    await expect(inspectPhoto(photo)).rejects.toMatchObject(TOO_MANY);
  });

  it('of a photo with few are no reason to refuse it, whatever its metadata holds', async () => {
    // A thumbnail within EXIF is a JPEG with scans of its own.
    const inner = Buffer.concat([Buffer.from('Exif\0\0'), manyScansJpeg(64, 40)]);
    const outer = await sharp({ create: { width: 32, height: 32, channels: 3, background: 'red' } })
      .jpeg()
      .toBuffer();
    const head = Buffer.from([0xff, 0xe1, (inner.length + 2) >> 8, (inner.length + 2) & 0xff]);
    await writeFile(photo, Buffer.concat([outer.subarray(0, 2), head, inner, outer.subarray(2)]));
    expect(await inspectPhoto(photo)).toMatchObject({ format: 'JPEG', widthPx: 32 });
  });
});
