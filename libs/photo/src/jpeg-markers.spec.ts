import sharp from 'sharp';
import { examineJpeg } from './jpeg-markers.js';

const segment = (marker: number, ...data: number[]): Buffer => Buffer.from([0xff, marker, 0, data.length + 2, ...data]);
const text = (value: string): number[] => [...Buffer.from(value, 'latin1')];

let jpeg: Buffer;
beforeAll(async () => {
  const data = Buffer.from(Uint8Array.from({ length: 48 * 40 * 3 }, (_, i) => (Math.imul(i, 0x9e3779b1) >>> 11) & 255));
  jpeg = await sharp(data, { raw: { width: 48, height: 40, channels: 3 } })
    .jpeg()
    .toBuffer();
});

const strictly = (bytes: Buffer): Promise<Buffer> => sharp(bytes, { failOn: 'warning' }).raw().toBuffer();
const afterStart = (...parts: Buffer[]): Buffer => Buffer.concat([jpeg.subarray(0, 2), ...parts, jpeg.subarray(2)]);

function withScanParameters(...values: number[]): Buffer {
  const copy = Buffer.from(jpeg);
  const scan = copy.indexOf(Buffer.from([0xff, 0xda]));
  Buffer.from(values).copy(copy, scan + 2 + copy.readUInt16BE(scan + 2) - 3);
  return copy;
}

describe('examineJpeg', () => {
  it('leaves a clean file alone', () => {
    expect(examineJpeg(jpeg)).toEqual({ hasEnd: true });
  });

  it.each([
    ['an unknown version', () => afterStart(segment(0xe0, ...text('JFIF\0'), 2, 1, 0, 0, 1, 0, 1, 0, 0))],
    ['an unknown color code', () => afterStart(segment(0xee, ...text('Adobe'), 0, 100, 0, 0, 0, 0, 9))],
    ['stray bytes between segments', () => afterStart(segment(0xe5, 1), Buffer.from([1, 2, 3]))],
    ['odd scan parameters', () => withScanParameters(0, 0, 0)],
  ])('puts %s right, and the pixels are the same', async (_, make) => {
    const file = make();
    await expect(strictly(file)).rejects.toThrow();
    const { hasEnd, repaired } = examineJpeg(file);
    expect(hasEnd).toBe(true);
    expect(await strictly(repaired!)).toEqual(await strictly(jpeg));
  });

  it.each([
    ['cut before its end mark', () => jpeg.subarray(0, -2)],
    ['cut in a segment', () => jpeg.subarray(0, 40)],
    [
      'blank in its second half',
      () => Buffer.concat([jpeg.subarray(0, jpeg.length / 2), Buffer.alloc(jpeg.length / 2)]),
    ],
    ['torn by many stray bytes', () => afterStart(segment(0xe5, 1), Buffer.alloc(65, 7))],
    ['nothing but its first mark', () => jpeg.subarray(0, 3)],
  ])('misses the end of a file %s', (_, make) => {
    expect(examineJpeg(make()).hasEnd).toBe(false);
  });

  it('does not take the end of an embedded thumbnail for that of the photo', () => {
    const thumbnail = segment(0xe1, ...text('Exif\0\0'), 0xff, 0xd8, 0xff, 0xd9);
    expect(examineJpeg(afterStart(thumbnail).subarray(0, -2)).hasEnd).toBe(false);
  });
});
