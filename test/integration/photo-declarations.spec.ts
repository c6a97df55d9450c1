import { execFileSync } from 'node:child_process';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { inspectPhoto, readPhoto } from '#photo';
import { render } from '#pipelines';

/** Four corners of different colors, wider than high. */
const [WIDTH, HEIGHT] = [120, 80];
const CORNERS = [
  [200, 60, 50],
  [60, 160, 70],
  [50, 80, 180],
  [230, 200, 60],
];

let folder: string;
const inFolder = (name: string): string => path.join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'declarations-'));
});
afterAll(() => rm(folder, { recursive: true }));

function picture(): Sharp {
  const data = Buffer.alloc(3 * WIDTH * HEIGHT);
  for (let i = 0; i < WIDTH * HEIGHT; i++) {
    const [x, y] = [i % WIDTH, Math.floor(i / WIDTH)];
    data.set(CORNERS[(x < WIDTH / 2 ? 0 : 1) + (y < HEIGHT / 2 ? 0 : 2)], 3 * i);
  }
  return sharp(data, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } });
}

const exiftool = (file: string, ...tags: string[]): void =>
  void execFileSync('exiftool', ['-q', '-overwrite_original', ...tags, file]);

const PILLOW = `
import io, sys
from PIL import Image, ImageCms, ImageOps
image = ImageOps.exif_transpose(Image.open(sys.argv[1]))
profile = Image.open(sys.argv[2]).info["icc_profile"] if len(sys.argv) > 2 else None
if profile:
    srgb = Image.open(sys.argv[3]).info["icc_profile"]
    image = ImageCms.profileToProfile(image.convert("RGB"), *(ImageCms.ImageCmsProfile(io.BytesIO(p)) for p in (profile, srgb)))
image = image.convert("RGB")
print(image.width, image.height, *(v for x in (0.25, 0.75) for y in (0.25, 0.75) for v in image.getpixel((int(x * image.width), int(y * image.height)))))
`;

/** Size and corners as Pillow sees them: upright; with the profile of another file, and converted to the sRGB of a third. */
function byPillow(file: string, ...profiled: string[]): number[] {
  const output = execFileSync('/usr/bin/python3', ['-c', PILLOW, file, ...profiled], { encoding: 'utf8' });
  return output.trim().split(' ').map(Number);
}

async function byUs(file: string): Promise<number[]> {
  const { orientedWidthPx: width, orientedHeightPx: height } = await inspectPhoto(file);
  const { data } = await readPhoto(file, { width, height, focus: { x: 0.5, y: 0.5 } });
  const pixels = [0.25, 0.75].flatMap((x) =>
    [0.25, 0.75].flatMap((y) => {
      const at = 3 * (Math.floor(y * height) * width + Math.floor(x * width));
      return [...data.subarray(at, at + 3)];
    }),
  );
  return [width, height, ...pixels];
}

/** Within 3 of 255, and of the same size. */
function expectSame(name: string, ours: number[], theirs: number[]): void {
  const worst = Math.max(...ours.map((value, i) => Math.abs(value - theirs[i])));
  expect([name, worst <= 3, ours.join(), theirs.join()]).toEqual([name, true, ours.join(), theirs.join()]);
  expect(ours.slice(0, 2)).toEqual(theirs.slice(0, 2));
}

describe('guarantee: a photo is printed upright, however its orientation is declared', () => {
  /** A turn, a mirror image, and both: the kinds of the eight. */
  const ORIENTATIONS = [6, 2, 7];

  it.each(['jpeg', 'png', 'webp', 'tiff'] as const)('XMP alone, written by exiftool: %s', async (format) => {
    const plain = inFolder(`plain.${format}`);
    const options = { jpeg: { quality: 98, chromaSubsampling: '4:4:4' }, webp: { lossless: true }, png: {}, tiff: {} };
    await picture().toFormat(format, options[format]).toFile(plain);
    if (format === 'tiff') exiftool(plain, '-IFD0:Orientation=');
    for (const orientation of ORIENTATIONS) {
      const file = inFolder(`xmp-${orientation}.${format}`);
      copyFileSync(plain, file);
      exiftool(file, `-XMP-tiff:Orientation#=${orientation}`);
      // The same, said by EXIF data, which every reader heeds.
      const reference = inFolder(`exif-${orientation}.png`);
      await picture().withMetadata({ orientation }).png().toFile(reference);
      expectSame(`${orientation} in ${format}`, await byUs(file), byPillow(reference));
    }
  });

  it.each([
    ['EXIF data behind the pixels', '-IFD0:Orientation#=6', /IDAT.*eXIf/s],
    ['XMP in a raw profile', '-XMP-tiff:Orientation#=6', /Raw profile type xmp/],
  ])('a PNG as ImageMagick writes it: %s', async (_, tag, content) => {
    const [source, file] = [inFolder('source.jpg'), inFolder('written.png')];
    await picture().jpeg({ quality: 98, chromaSubsampling: '4:4:4' }).toFile(source);
    exiftool(source, tag);
    execFileSync('convert', [source, file]);
    expect(readFileSync(file, 'latin1')).toMatch(content);
    expect((await byUs(file)).slice(0, 2)).toEqual([HEIGHT, WIDTH]);
  });

  it('prints as the upright picture', async () => {
    const [upright, lying] = [inFolder('upright.png'), inFolder('lying.png')];
    await picture().png().toFile(upright);
    await picture().rotate(270).png().toFile(lying);
    exiftool(lying, '-XMP-tiff:Orientation#=6');
    const prints: Buffer[] = [];
    for (const photoPath of [upright, lying]) {
      const printPath = `${photoPath}.print.tiff`;
      const output = { widthPx: 240, heightPx: 160, dpi: 300 };
      await render({ photoPath, style: 'pop-poster', output, printPath, threads: 1 });
      prints.push(await sharp(printPath).raw().toBuffer());
    }
    expect(prints[0].equals(prints[1])).toBe(true);
  });
});

describe('guarantee: colors are right however they are declared', () => {
  it('a PNG in P3 by its cICP chunk, as Pillow sees it with the profile', async () => {
    await picture().png().withIccProfile('p3').toFile(inFolder('profiled.png'));
    await picture().png().withIccProfile('srgb').toFile(inFolder('srgb.png'));
    const stored = await sharp(inFolder('profiled.png'), { ignoreIcc: true }).png().toBuffer();
    expect((await sharp(stored).metadata()).icc).toBeUndefined();
    const points = Buffer.from('0000000463494350' + '0c0d0001' + '00000000', 'hex');
    points.writeUInt32BE(crc32(points.subarray(4, 12)), 12);
    writeFileSync(inFolder('cicp.png'), Buffer.concat([stored.subarray(0, 33), points, stored.subarray(33)]));
    const theirs = byPillow(inFolder('cicp.png'), inFolder('profiled.png'), inFolder('srgb.png'));
    expectSame('cicp.png', await byUs(inFolder('cicp.png')), theirs);
    expectSame('the chart itself', theirs, [WIDTH, HEIGHT, ...[0, 2, 1, 3].flatMap((i) => CORNERS[i])]);
  });
});

/** The checksum of PNG chunks, bit by bit. */
function crc32(bytes: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}
