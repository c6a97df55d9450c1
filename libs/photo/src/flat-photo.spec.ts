import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { inspectPhoto, readPhoto } from './index.js';

const [WIDTH, HEIGHT] = [160, 120];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'flat-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function fileOf(name: string, bytes: Buffer): Promise<string> {
  const file = path.join(folder, name);
  await writeFile(file, bytes);
  return file;
}

/** Noise above, one shade below. @param below the shade */
function halfFlat(below: number): Sharp {
  const data = Uint8Array.from({ length: 3 * WIDTH * HEIGHT }, (_, i) =>
    i < 1.5 * WIDTH * HEIGHT ? (Math.imul(i + 1, 0x9e3779b1) >>> 13) & 255 : below,
  );
  return sharp(data, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } });
}

const fax = (picture: Sharp): Promise<Buffer> =>
  picture.threshold(128).toColourspace('b-w').tiff({ compression: 'ccittfax4', bitdepth: 1 }).toBuffer();

/** Sets the bytes of a fax from a place of its pixels on to zero, which no row can begin with. */
async function smashedFax(): Promise<Buffer> {
  const bytes = await fax(halfFlat(255));
  return bytes.fill(0, 200, 230);
}

describe('a photo whose lower part is of one color', () => {
  it.each([0, 128, 255])('is accepted when it is meant so: shade %d', async (shade) => {
    const files: Record<string, Promise<Buffer>> = {
      'flat.jpg': halfFlat(shade).jpeg().toBuffer(),
      'progressive.jpg': halfFlat(shade).jpeg({ progressive: true }).toBuffer(),
      'flat.png': halfFlat(shade).png().toBuffer(),
      'interlaced.png': halfFlat(shade).png({ progressive: true }).toBuffer(),
      'flat.webp': halfFlat(shade).webp().toBuffer(),
      'lossless.webp': halfFlat(shade).webp({ lossless: true }).toBuffer(),
      'lzw.tiff': halfFlat(shade).tiff({ compression: 'lzw' }).toBuffer(),
      'deflate.tiff': halfFlat(shade).tiff({ compression: 'deflate' }).toBuffer(),
      'packbits.tiff': halfFlat(shade).tiff({ compression: 'packbits' }).toBuffer(),
      'plain.tiff': halfFlat(shade).tiff({ compression: 'none' }).toBuffer(),
      'fax.tiff': fax(halfFlat(shade)),
    };
    for (const [name, bytes] of Object.entries(files)) {
      const file = await fileOf(name, await bytes);
      await expect(inspectPhoto(file)).resolves.toMatchObject({ widthPx: WIDTH, heightPx: HEIGHT });
      const { data } = await readPhoto(file, { width: WIDTH, height: HEIGHT, focus: { x: 0.5, y: 0.5 } });
      const below = shade === 128 && name === 'fax.tiff' ? 255 : shade;
      expect([name, Math.abs(data[data.length - 1] - below) <= 2]).toEqual([name, true]);
    }
  });

  it('is refused when a fax lost its rows', async () => {
    const file = await fileOf('lost.tiff', await smashedFax());
    await expect(inspectPhoto(file)).rejects.toMatchObject({ code: 'corrupt_photo' });
  });

  it('is accepted as a fax with tags out of order', async () => {
    const bytes = await fax(halfFlat(255));
    const [directory, resolutionTag] = [bytes.readUInt32LE(4), 282];
    let at = directory + 2;
    while (bytes.readUInt16LE(at) !== resolutionTag) at += 12;
    bytes.writeUInt16LE(60_000, at);
    await expect(inspectPhoto(await fileOf('odd.tiff', bytes))).resolves.toMatchObject({ format: 'TIFF' });
  });
});
