import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { readPhoto } from '#photo';
import { render } from '#pipelines';
import { bigEndianCmykTiff, linearGrayProfile } from '../support/color-files.js';

/** Colors well inside the gamuts of a press and of sRGB, two rows of four, 40 pixels square. */
const PATCHES = ['#b04040', '#509050', '#4060a0', '#c0a050', '#808080', '#d8d0c8', '#383838', '#907090'];
const PATCH = 40;
const [WIDTH, HEIGHT] = [4 * PATCH, 2 * PATCH];
const GOLDEN = PATCHES.map((color) => [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16)));

let folder: string;
let chart: Buffer;
const inFolder = (name: string): string => path.join(folder, name);
const picture = (): Sharp => sharp(chart, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } });

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'fidelity-'));
  chart = Buffer.alloc(3 * WIDTH * HEIGHT);
  for (let i = 0; i < WIDTH * HEIGHT; i++) {
    const [x, y] = [i % WIDTH, Math.floor(i / WIDTH)];
    chart.set(GOLDEN[4 * Math.floor(y / PATCH) + Math.floor(x / PATCH)], 3 * i);
  }
});
afterAll(() => rm(folder, { recursive: true }));

type Color = readonly number[];

/** CIE 1976 difference of two sRGB colors. */
function difference(a: Color, b: Color): number {
  const [p, q] = [labOf(a), labOf(b)];
  return Math.hypot(...p.map((value, i) => value - q[i]));
}

function labOf(rgb: Color): number[] {
  const [r, g, b] = rgb.map((v) => (v <= 10 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
  const [x, y, z] = [
    (0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.9505,
    0.2126 * r + 0.7152 * g + 0.0722 * b,
    (0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.089,
  ].map((t) => (t > 0.008856 ? Math.cbrt(t) : 7.787 * t + 16 / 116));
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

/** The colors of the patches of a picture of the chart's size. */
function patchesOf(rgb: Uint8Array): Color[] {
  return PATCHES.map((_, i) => {
    const at = 3 * ((Math.floor(i / 4) + 0.5) * PATCH * WIDTH + ((i % 4) + 0.5) * PATCH);
    return [...rgb.subarray(at, at + 3)];
  });
}

async function patchesRead(file: string): Promise<Color[]> {
  const { data } = await readPhoto(file, { width: WIDTH, height: HEIGHT, focus: { x: 0.5, y: 0.5 } });
  return patchesOf(data);
}

const PILLOW = `
import io, json, sys
from PIL import Image, ImageCms
image = Image.open(sys.argv[1])
image.load()
profile = image.info.get("icc_profile")
if image.mode == "CMYK" and not profile:
    profile = Image.open(sys.argv[3]).info["icc_profile"]
if profile:
    target = Image.open(sys.argv[2]).info["icc_profile"] if len(sys.argv) > 2 else None
    srgb = ImageCms.ImageCmsProfile(io.BytesIO(target)) if target else ImageCms.createProfile("sRGB")
    image = ImageCms.profileToProfile(image, ImageCms.ImageCmsProfile(io.BytesIO(profile)), srgb, outputMode="RGB")
sys.stdout.buffer.write(image.convert("RGB").tobytes())
`;

/**
 * A picture as Pillow sees it, its profile obeyed.
 * @param profiled a picture whose profile the colors are given in, and one whose profile CMYK without any is read with
 */
function pixelsByPillow(file: string, ...profiled: string[]): Buffer {
  return execFileSync('/usr/bin/python3', ['-c', PILLOW, file, ...profiled], { maxBuffer: 1 << 28 });
}

/** The most colorful that sRGB has, at two levels, in squares of 20 pixels. */
function saturated(): Sharp {
  const data = Buffer.alloc(3 * WIDTH * HEIGHT);
  for (let i = 0; i < WIDTH * HEIGHT; i++) {
    const place = 8 * Math.floor(i / WIDTH / 20) + Math.floor((i % WIDTH) / 20);
    data.set(
      [4, 2, 1].map((bit) => (place & bit ? (place & 8 ? 255 : 130) : place & 16 ? 60 : 0)),
      3 * i,
    );
  }
  return sharp(data, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } });
}

const PILLOW_WIDE = `
import json, sys
from PIL import Image
options = json.loads(sys.argv[1])
image = Image.open("wide.tiff")
tags = {530: tuple(options.pop("subsampling"))} if "subsampling" in options else {}
image.convert(options.pop("mode")).save(sys.argv[2], icc_profile=image.info["icc_profile"], tiffinfo=tags, **options)
`;

const press = (): Sharp => picture().withIccProfile('cmyk');
/** In CMYK, with no word on which. */
const bare = (): Sharp => picture().toColourspace('cmyk');

const PILLOW_PRESS = `
import json, sys
from PIL import Image
image = Image.open(sys.argv[1])
image.save(sys.argv[2], icc_profile=image.info["icc_profile"], **json.loads(sys.argv[3]))
`;

/** The chart in CMYK as Pillow writes it. */
async function pressByPillow(name: string, options: object): Promise<void> {
  await press().tiff({ compression: 'none' }).toFile(inFolder('press.tiff'));
  const args = ['-c', PILLOW_PRESS, inFolder('press.tiff'), inFolder(name), JSON.stringify(options)];
  execFileSync('/usr/bin/python3', args);
}

/** Without the mark of Adobe, by which readers know that inks are stored inverted. */
async function unmarkedJpeg(name: string): Promise<void> {
  await pressByPillow('marked.jpg', { quality: 98 });
  const bytes = await readFile(inFolder('marked.jpg'));
  const at = bytes.indexOf('ffee000e41646f6265', 0, 'hex');
  expect(at).toBeGreaterThan(0);
  await writeFile(inFolder(name), Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 16)]));
}

/** Sharp and Pillow write little-endian files only. */
async function bigEndian(name: string): Promise<void> {
  await writeFile(inFolder(name), bigEndianCmykTiff(await bare().raw().toBuffer(), WIDTH, HEIGHT));
}

function expectSame(seen: readonly Color[], wanted: readonly Color[], limit = 2): void {
  for (const [i, color] of seen.entries()) {
    const unlike = `${PATCHES[i]}: ${color.join()} for ${wanted[i].join()}`;
    expect([unlike, difference(color, wanted[i]) < limit]).toEqual([unlike, true]);
  }
}

async function printOf(photo: string): Promise<string> {
  const printPath = `${photo}.print.tiff`;
  const output = { widthPx: 2 * WIDTH, heightPx: 2 * HEIGHT, dpi: 300 };
  await render({ photoPath: photo, style: 'pop-poster', output, printPath, threads: 1 });
  return printPath;
}

describe('guarantee: pixels are right: orientation 1 to 8, CMYK, 16 bit, alpha, profiles', () => {
  it.each<[string, string, () => Sharp]>([
    ['plain', 'plain.png', () => picture().png()],
    ['JPEG', 'plain.jpg', () => picture().jpeg({ quality: 98, chromaSubsampling: '4:4:4' })],
    ['16 bits', 'deep.png', () => picture().toColourspace('rgb16').png()],
    ['16 bits in a TIFF', 'deep.tiff', () => picture().toColourspace('rgb16').tiff({ compression: 'lzw' })],
    ['opaque alpha', 'opaque.png', () => picture().ensureAlpha(1).png()],
    ['a wide profile', 'p3.png', () => picture().withIccProfile('p3').png()],
    ['a wide profile in a JPEG', 'p3.jpg', () => picture().withIccProfile('p3').jpeg({ quality: 98 })],
    ['a lossless WEBP', 'plain.webp', () => picture().webp({ lossless: true })],
  ])('%s', async (_, name, make) => {
    await make().toFile(inFolder(name));
    expectSame(await patchesRead(inFolder(name)), GOLDEN);
  });

  // Both use the perceptual intent. Profiles named sRGB differ among one another: our prints carry the one in srgb.png.
  it.each<[string, string, () => Promise<unknown>]>([
    ['JPEG with its profile', 'cmyk.jpg', () => press().jpeg({ quality: 98 }).toFile(inFolder('cmyk.jpg'))],
    ['TIFF with its profile', 'cmyk.tiff', () => press().tiff({ compression: 'lzw' }).toFile(inFolder('cmyk.tiff'))],
    ['JPEG without a profile', 'bare.jpg', () => bare().jpeg({ quality: 98 }).toFile(inFolder('bare.jpg'))],
    ['TIFF without a profile', 'bare.tiff', () => bare().tiff({ compression: 'lzw' }).toFile(inFolder('bare.tiff'))],
    ['JPEG of Pillow', 'pillow.jpg', () => pressByPillow('pillow.jpg', { quality: 98 })],
    ['JPEG of Pillow without its inversion mark', 'unmarked.jpg', () => unmarkedJpeg('unmarked.jpg')],
    ['TIFF of Pillow', 'pillow.tiff', () => pressByPillow('pillow.tiff', { compression: 'tiff_deflate' })],
    ['big-endian TIFF without a profile', 'big-endian.tiff', () => bigEndian('big-endian.tiff')],
  ])('CMYK as Pillow sees it: %s', async (_, name, make) => {
    await make();
    await press().tiff().toFile(inFolder('default.tiff'));
    await picture().withIccProfile('srgb').png().toFile(inFolder('srgb.png'));
    const theirs = pixelsByPillow(inFolder(name), inFolder('srgb.png'), inFolder('default.tiff'));
    expectSame(await patchesRead(inFolder(name)), patchesOf(theirs));
  });

  it.each<[string, string]>([
    ['sRGB', 'srgb'],
    ['P3', 'p3'],
  ])('16 bits with the profile %s', async (_, profile) => {
    for (const extension of ['png', 'tiff'] as const) {
      const file = inFolder(`deep-${profile}.${extension}`);
      const deep = picture().toColourspace('rgb16').withIccProfile(profile);
      await deep.toFormat(extension, extension === 'tiff' ? { compression: 'lzw' } : {}).toFile(file);
      expect(await sharp(file).metadata()).toMatchObject({ depth: 'ushort', hasProfile: true });
      expectSame(await patchesRead(file), GOLDEN);
    }
  });

  it.each(['b-w', 'grey16'])('a gray profile of gamma 1: %s', async (space) => {
    const file = inFolder(`${space}.tiff`);
    await picture().toColourspace(space).tiff({ compression: 'lzw' }).toFile(file);
    await writeFile(inFolder('linear.icc'), linearGrayProfile());
    execFileSync('exiftool', ['-q', '-overwrite_original', `-ICC_Profile<=${inFolder('linear.icc')}`, file]);
    expect(await sharp(file).metadata()).toMatchObject({ space, hasProfile: true });
    const seen = (await patchesRead(file))[4];
    // Gray of #808080, were it light itself.
    expectSame([seen], [[188, 188, 188]]);
  });

  it.each([
    ['JPEG', 'wide.jpg', ['wide.tiff', '-sampling-factor', '2x2', '-quality', '95', 'wide.jpg']],
    [
      'TIFF of JPEG, its colors at half the width',
      'half.tiff',
      { compression: 'jpeg', quality: 95, mode: 'YCbCr', subsampling: [2, 1] },
    ],
    ['TIFF of JPEG in YCbCr', 'full.tiff', { compression: 'jpeg', quality: 95, mode: 'YCbCr' }],
    ['TIFF of JPEG in RGB', 'rgb.tiff', { compression: 'jpeg', quality: 95, mode: 'RGB' }],
  ] as const)('saturated colors in P3 as Pillow sees them: %s', async (_, name, how) => {
    await saturated().withIccProfile('p3').tiff({ compression: 'none' }).toFile(inFolder('wide.tiff'));
    await picture().withIccProfile('srgb').png().toFile(inFolder('srgb.png'));
    if (Array.isArray(how)) execFileSync('convert', how as string[], { cwd: folder });
    else execFileSync('/usr/bin/python3', ['-c', PILLOW_WIDE, JSON.stringify(how), name], { cwd: folder });
    const theirs = pixelsByPillow(inFolder(name), inFolder('srgb.png'));
    const { data } = await readPhoto(inFolder(name), { width: WIDTH, height: HEIGHT, focus: { x: 0.5, y: 0.5 } });
    const worst = data.reduce((most, value, i) => Math.max(most, Math.abs(value - theirs[i])), 0);
    expect([data.length, worst <= 1]).toEqual([theirs.length, true]);
  });

  it('half transparent on white', async () => {
    await picture().ensureAlpha(0.5).png().toFile(inFolder('half.png'));
    const onWhite = GOLDEN.map((color) => color.map((value) => (value + 255) / 2));
    expectSame(await patchesRead(inFolder('half.png')), onWhite);
  });

  it('orientation 1 to 8: every one prints as the upright picture', async () => {
    await picture().png().toFile(inFolder('upright.png'));
    const upright = pixelsByPillow(await printOf(inFolder('upright.png')));
    // How the picture lies in the file: turned clockwise, then mirrored.
    const stored: Record<number, [number, boolean]> = {
      1: [0, false],
      2: [0, true],
      3: [180, false],
      4: [180, true],
      5: [90, true],
      6: [270, false],
      7: [270, true],
      8: [90, false],
    };
    for (const [orientation, [turn, isMirrored]] of Object.entries(stored)) {
      const file = inFolder(`orientation-${orientation}.png`);
      const turned = await picture().rotate(turn).png().toBuffer();
      const lying = sharp(turned)
        .flop(isMirrored)
        .withMetadata({ orientation: Number(orientation) });
      await lying.png().toFile(file);
      expectSame(await patchesRead(file), GOLDEN);
      expect([orientation, pixelsByPillow(await printOf(file)).equals(upright)]).toEqual([orientation, true]);
    }
  });

  it('the finished print holds for Pillow what we read', async () => {
    await picture().withIccProfile('p3').png().toFile(inFolder('wide.png'));
    const print = await printOf(inFolder('wide.png'));
    const ours = await sharp(print).raw().toBuffer();
    const theirs = pixelsByPillow(print);
    expect(theirs.length).toBe(3 * 4 * WIDTH * HEIGHT);
    let worst = 0;
    for (let i = 0; i < ours.length; i += 3) {
      worst = Math.max(worst, difference([...ours.subarray(i, i + 3)], [...theirs.subarray(i, i + 3)]));
    }
    expect(worst).toBeLessThan(2);
  });
});

/** Everything that exiftool finds in a file, by group. */
function tagsOf(file: string): Record<string, unknown> {
  const output = execFileSync('exiftool', ['-json', '-G1', '-a', '-u', file], { encoding: 'utf8' });
  return (JSON.parse(output) as Record<string, unknown>[])[0];
}

describe('guarantee: no metadata of the photo reaches the print', () => {
  const SECRETS = ['Ada Secret', 'Serial4711', 'Hidden caption', '52.51', 'Home street', 'MakerSecret'];

  it('place, owner, caption and maker note are gone from print and preview', async () => {
    const photo = inFolder('secret.jpg');
    await picture().jpeg().toFile(photo);
    const tags = [
      '-GPSLatitude=52.5163',
      '-GPSLatitudeRef=N',
      '-GPSLongitude=13.3777',
      '-GPSLongitudeRef=E',
      '-EXIF:Artist=Ada Secret',
      '-EXIF:SerialNumber=Serial4711',
      '-EXIF:UserComment=MakerSecret',
      '-XMP-dc:Description=Hidden caption',
      '-IPTC:Caption-Abstract=Hidden caption',
      '-IPTC:Sub-location=Home street',
      '-Comment=Hidden caption',
    ];
    execFileSync('exiftool', ['-q', '-overwrite_original', ...tags, photo]);
    const before = JSON.stringify(tagsOf(photo));
    for (const secret of SECRETS.filter((text) => text !== '52.51')) expect(before).toContain(secret);
    expect(Object.keys(tagsOf(photo)).some((name) => name.startsWith('GPS:'))).toBe(true);
    const [printPath, previewPath] = [inFolder('secret.tiff'), inFolder('secret.preview.jpg')];
    const output = { widthPx: 300, heightPx: 200, dpi: 300 };
    await render({ photoPath: photo, style: 'pop-poster', output, printPath, previewPath, threads: 1 });
    for (const file of [printPath, previewPath]) {
      const found = tagsOf(file);
      const text = JSON.stringify(found);
      for (const secret of SECRETS) expect(text).not.toContain(secret);
      const groups = new Set(Object.keys(found).map((name) => name.split(':')[0]));
      for (const group of ['GPS', 'ExifIFD', 'XMP-dc', 'XMP-x', 'IPTC', 'Photoshop', 'MakerNotes']) {
        expect([file, group, groups.has(group)]).toEqual([file, group, false]);
      }
    }
  });
});
