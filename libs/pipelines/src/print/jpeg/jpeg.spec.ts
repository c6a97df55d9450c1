import { readFile } from 'node:fs/promises';
import sharp from 'sharp';
import type { ThreadContext } from '../../engine/thread-context.js';
import { printFolder } from '../../../../../test/support/prints.js';
import { srgbProfile } from '../icc-profiles.js';
import { openThreadContext, samplePicture, writePicture } from '../../../../../test/support/output-profiles.js';
import { jpeg } from './jpeg-profile.js';
import { splitJpeg } from './jpeg-segments.js';

let context: ThreadContext;
let folder: string;
let remove: () => Promise<void>;
beforeAll(async () => {
  ({ folder, remove } = await printFolder());
  context = await openThreadContext();
});
afterAll(() => remove());

interface Segment {
  readonly marker: number;
  readonly data: Buffer;
}

/** Segments up to the scan's header, and the markers within the scan (ITU T.81, annex B). */
function readSegments(file: Buffer): { segments: Segment[]; inScan: number[] } {
  expect(file.readUInt16BE(0)).toBe(0xffd8);
  const segments: Segment[] = [];
  let at = 2;
  do {
    const length = file.readUInt16BE(at + 2);
    expect(file[at]).toBe(0xff);
    segments.push({ marker: file[at + 1], data: file.subarray(at + 4, at + 2 + length) });
    at += 2 + length;
  } while (segments.at(-1)!.marker !== 0xda);
  const inScan: number[] = [];
  for (; at < file.length; at++) if (file[at] === 0xff && file[at + 1] !== 0) inScan.push(file[at + 1]);
  return { segments, inScan };
}

describe('a JPEG', () => {
  const [width, height] = [210, 1290];

  it('is one baseline picture with a restart interval per strip', async () => {
    const file = await readFile(await writePicture(context, jpeg, folder, samplePicture(width, height, 'noise'), 300));
    const { segments, inScan } = readSegments(file);
    const of = (marker: number): Buffer[] => segments.filter((s) => s.marker === marker).map(({ data }) => data);
    const expected = [0xe0, 0xe2, 0xdd, 0xdb, 0xdb, 0xc0, 0xc4, 0xc4, 0xc4, 0xc4, 0xda];
    expect(segments.map(({ marker }) => marker)).toEqual(expected);
    const [jfif] = of(0xe0);
    expect([jfif.toString('latin1', 0, 5), jfif[7]]).toEqual(['JFIF\0', 1]);
    expect([jfif.readUInt16BE(8), jfif.readUInt16BE(10)]).toEqual([300, 300]);
    const [icc] = of(0xe2);
    expect(icc.toString('latin1', 0, 14)).toBe('ICC_PROFILE\0\x01\x01');
    expect(Buffer.compare(icc.subarray(14), await srgbProfile())).toBe(0);
    const [frame] = of(0xc0);
    expect([frame[0], frame.readUInt16BE(1), frame.readUInt16BE(3), frame[5]]).toEqual([8, height, width, 3]);
    expect([frame[7], frame[10], frame[13]]).toEqual([0x11, 0x11, 0x11]);
    // 27 blocks across, 128 rows of pixels in a strip; eleven strips, ten markers between them.
    expect(of(0xdd)[0].readUInt16BE(0)).toBe(27 * 16);
    expect(inScan).toEqual([...[0, 1, 2, 3, 4, 5, 6, 7, 0, 1].map((i) => 0xd0 + i), 0xd9]);
    expect(file.readUInt16BE(file.length - 2)).toBe(0xffd9);
  });

  it('can be cut off after any strip and still shows what came before', async () => {
    const picture = samplePicture(width, height, 'gradient');
    const file = await readFile(await writePicture(context, jpeg, folder, picture));
    const third = file.indexOf(Buffer.from([0xff, 0xd2]));
    const whole = await sharp(file).raw().toBuffer();
    const cut = await sharp(file.subarray(0, third), { failOn: 'none' }).raw().toBuffer();
    expect(Buffer.compare(cut.subarray(0, 384 * width * 3), whole.subarray(0, 384 * width * 3))).toBe(0);
  });
});

describe('splitJpeg', () => {
  it('refuses what cannot be joined', async () => {
    const image = sharp(samplePicture(40, 40, 'noise').data, { raw: { width: 40, height: 40, channels: 3 } });
    const progressive = await image.jpeg({ progressive: true }).toBuffer();
    expect(() => splitJpeg(progressive)).toThrow('Unexpected JPEG marker 0xc2');
  });
});
