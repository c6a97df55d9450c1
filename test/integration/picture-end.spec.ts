import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import sharp from 'sharp';
import { inspectPhoto, readPhoto } from '#photo';
import { encodeBmp } from '../support/photos.js';
import { jpegSegment, motionPhoto, samsungTrailer, videoOf, withSegment } from '../support/motion-photo.js';
import { temporaryFolder } from '../support/processes.js';

const MIB = 1024 * 1024;
const [WIDTH, HEIGHT] = [49, 40];
const rgb = Buffer.from(
  Uint8Array.from({ length: WIDTH * HEIGHT * 3 }, (_, i) => (Math.imul(i, 0x9e3779b1) >>> 11) & 255),
);
const image = () => sharp(rgb, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } });

let folder: string;
let removeFolder: () => Promise<void>;
let jpeg: Buffer;
beforeAll(async () => {
  [folder, removeFolder] = await temporaryFolder();
  jpeg = await image().jpeg().toBuffer();
});
afterAll(() => removeFolder());

let files = 0;
async function fileOf(...parts: (Buffer | string)[]): Promise<string> {
  const file = path.join(folder, String(files++));
  await writeFile(file, Buffer.concat(parts.map((part) => Buffer.from(part as string, 'latin1'))));
  return file;
}

const pixels = async (file: string): Promise<Uint8Array> =>
  (await readPhoto(file, { width: WIDTH, height: HEIGHT, focus: { x: 0.5, y: 0.5 } })).data;

/** Eight pixels of one color and an end mark. */
function runLengthBmp(): Buffer {
  const head = Buffer.alloc(54 + 1024);
  head.write('BM');
  [head.length, 40, 8, 1].forEach((value, i) => head.writeUInt32LE(value, [10, 14, 18, 22][i]));
  head.writeUInt16LE(8, 28);
  head.writeUInt32LE(1, 30);
  return Buffer.concat([head, Buffer.from([8, 0, 0, 1])]);
}

/** A BMP of version 5 whose profile lies behind its pixels. */
function bmpWithProfile(): Buffer {
  const plain = encodeBmp(rgb, WIDTH, HEIGHT);
  const head = Buffer.alloc(138);
  plain.copy(head, 0, 0, 54);
  const profile = Buffer.alloc(300, 7);
  const rows = plain.subarray(54);
  [head.length, 124].forEach((value, i) => head.writeUInt32LE(value, [10, 14][i]));
  head.writeUInt32LE(0x4d424544, 70);
  head.writeUInt32LE(head.length - 14 + rows.length, 126);
  head.writeUInt32LE(profile.length, 130);
  return Buffer.concat([head, rows, profile]);
}

const kinds: [string, () => Promise<Buffer> | Buffer][] = [
  ['JPEG', () => jpeg],
  ['progressive JPEG', () => image().jpeg({ progressive: true }).toBuffer()],
  ['JPEG with a thumbnail', () => withSegment(jpeg, jpegSegment(0xe1, Buffer.concat([Buffer.from('Exif\0\0'), jpeg])))],
  ['PNG', () => image().png().toBuffer()],
  ['lossy WEBP', () => image().webp().toBuffer()],
  ['lossless WEBP', () => image().webp({ lossless: true }).toBuffer()],
  ['BMP', () => encodeBmp(rgb, WIDTH, HEIGHT)],
  ['BMP with a profile', bmpWithProfile],
  ['run-length BMP', runLengthBmp],
];

describe('bytes after a picture', () => {
  it.each(kinds)('of a %s are no part of it, and without them every pixel is the same', async (_, make) => {
    const picture = await make();
    for (const tail of ['', 'x', Buffer.alloc(5000, 0xd9), Buffer.alloc(MIB, 0xff)]) {
      const file = await fileOf(picture, tail);
      expect((await inspectPhoto(file)).pictureBytes).toBe(picture.length);
      expect(await pixels(file)).toEqual(await pixels(await fileOf(picture)));
    }
  });

  it.each([
    ...kinds,
    ['strips of a TIFF', () => image().tiff({ compression: 'lzw' }).toBuffer()] as const,
    ['tiles of a TIFF', () => image().tiff({ tile: true, pyramid: true, bigtiff: true }).toBuffer()] as const,
    ['plain TIFF', () => image().tiff({ compression: 'none' }).toBuffer()] as const,
  ])('of a %s are at most a mebibyte', async (_, make) => {
    const picture = await make();
    await expect(inspectPhoto(await fileOf(picture, Buffer.alloc(MIB)))).resolves.toBeDefined();
    await expect(inspectPhoto(await fileOf(picture, Buffer.alloc(MIB + 2)))).rejects.toMatchObject({
      code: 'unsupported_format',
      hint: expect.stringContaining(`${MIB + 2} bytes follow the end of the picture`),
    });
  });

  it('of a TIFF are kept, for its parts lie anywhere', async () => {
    const tiff = await image().tiff({ compression: 'lzw' }).toBuffer();
    expect((await inspectPhoto(await fileOf(tiff, 'more'))).pictureBytes).toBe(tiff.length + 4);
  });
});

describe('what a camera keeps behind a picture', () => {
  const multiPicture = () => withSegment(jpeg, jpegSegment(0xe2, 'MPF\0MM\0*'));
  const big = () =>
    Buffer.concat([
      jpeg.subarray(0, 2),
      ...Array.from({ length: 20 }, () => jpegSegment(0xe1, Buffer.alloc(65_000))),
      jpeg.subarray(2),
    ]);

  it.each([
    ['a motion photo', () => motionPhoto(2 * MIB, jpeg)],
    ["Samsung's motion photo", () => ({ picture: jpeg, file: Buffer.concat([jpeg, samsungTrailer(2 * MIB)]) })],
    [
      "Huawei's live photo",
      () => ({ picture: jpeg, file: Buffer.concat([jpeg, videoOf(2 * MIB), Buffer.from('LIVE_2764345           ')]) }),
    ],
    [
      'further pictures',
      () => ({ picture: multiPicture(), file: Buffer.concat([multiPicture(), big(), Buffer.alloc(999), big()]) }),
    ],
    [
      'a gain map and a video',
      () => {
        const { picture } = motionPhoto(2 * MIB, multiPicture());
        return { picture, file: Buffer.concat([picture, jpeg, videoOf(2 * MIB)]) };
      },
    ],
  ])('is accepted and no part of it: %s', async (_, make) => {
    const { file, picture } = make();
    const whole = await fileOf(file);
    expect((await inspectPhoto(whole)).pictureBytes).toBe(picture.length);
    const cut = await fileOf(picture);
    expect((await inspectPhoto(cut)).pictureBytes).toBe(picture.length);
    expect(await pixels(whole)).toEqual(await pixels(cut));
  });

  it.each([
    ['a video that nothing announces', () => [jpeg, videoOf(2 * MIB)]],
    ['an announced video that is none', () => [motionPhoto(9, jpeg).picture, Buffer.alloc(2 * MIB, 7)]],
    ['a picture that nothing announces', () => [jpeg, big()]],
    ['more than the announced picture', () => [multiPicture(), jpeg, Buffer.alloc(2 * MIB, 7)]],
    ['more than the blocks of an index', () => [jpeg, Buffer.alloc(2 * MIB, 7), samsungTrailer(MIB)]],
    ['the mark of an index alone', () => [jpeg, Buffer.alloc(2 * MIB, 7), 'SEFHSEFT']],
    ['an archive', () => [jpeg, 'PK\x03\x04', Buffer.alloc(2 * MIB, 7)]],
  ])('is distinguished from %s', async (_, make) => {
    await expect(inspectPhoto(await fileOf(...make()))).rejects.toMatchObject({ code: 'unsupported_format' });
  });
});
