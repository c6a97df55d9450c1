import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import sharp from 'sharp';
import { PORTRAIT, printFolder } from '../../../../test/support/prints.js';
import { render, type RenderRequest } from '../render.js';
import { cmykProfile, srgbProfile } from './icc-profiles.js';
import { exifFields, READERS, runTool } from '../../../../test/support/output-profiles.js';
import { findProfile, listProfiles } from './profiles.js';

/** Neither whole blocks nor whole strips; more strips of each profile than one, and of a JPEG more than there are restart markers. */
const SIZE = { widthPx: 403, heightPx: 1203 };

const names = listProfiles().map(({ name }) => name);
const tiffs = names.filter((name) => name.startsWith('tiff-'));
const exact = ['tiff-lzw', 'tiff-deflate', 'tiff-none', 'png'];
const readers = Object.keys(READERS) as (keyof typeof READERS)[];

let folder: string;
let remove: () => Promise<void>;
/** RGB of the print, as the uncompressed file has it. */
let pixels: Buffer;

const fileOf = (name: string, variant = 'print'): string =>
  path.join(folder, `${name}.${variant}.${findProfile(name).fileEnding}`);

function order(profile: string, changes: Partial<RenderRequest> = {}): RenderRequest {
  const output = { ...SIZE, dpi: 300 };
  return { photoPath: PORTRAIT, style: 'pop-poster', output, profile, printPath: fileOf(profile), ...changes };
}

beforeAll(async () => {
  ({ folder, remove } = await printFolder());
  for (const profile of names) await render(order(profile, { threads: 1, bandRows: 1 }));
  // The strips of the uncompressed file stand one after another behind its header of 8 bytes.
  pixels = (await readFile(fileOf('tiff-none'))).subarray(8, 8 + SIZE.widthPx * SIZE.heightPx * 3);
}, 60_000);
afterAll(() => remove());

/** Peak signal to noise ratio, in decibels. */
function psnr(a: Uint8Array, b: Uint8Array): number {
  expect(a.length).toBe(b.length);
  return 10 * Math.log10((255 * 255 * a.length) / a.reduce((sum, value, i) => sum + (value - b[i]) ** 2, 0));
}

describe('output profiles', () => {
  it('are these', () => {
    expect(names).toEqual(['tiff-lzw', 'tiff-deflate', 'tiff-none', 'tiff-cmyk', 'png', 'jpeg']);
    expect(() => findProfile('gif')).toThrow(expect.objectContaining({ code: 'unknown_profile' }));
  });

  it('show a picture', () => {
    expect(new Set(pixels).size).toBeGreaterThan(20);
  });

  it.each(exact.flatMap((name) => readers.map((reader) => [name, reader] as const)))(
    '%s has the same pixels for %s',
    async (name, reader) => {
      expect(Buffer.compare(await READERS[reader](fileOf(name), 'RGB'), pixels)).toBe(0);
    },
  );

  it.each(['tiff-lzw', 'tiff-deflate'])('%s unpacked by libtiff is the uncompressed file', async (name) => {
    const unpacked = fileOf(name, 'unpacked');
    await runTool('tiffcp', '-c', 'none', fileOf(name), unpacked);
    expect((await runTool('tiffcmp', fileOf('tiff-none'), unpacked)).toString()).toBe('');
  });

  it.each(readers)('tiff-cmyk has for %s the inks of the whole picture converted at once', async (reader) => {
    const raw = { width: SIZE.widthPx, height: SIZE.heightPx, channels: 3 } as const;
    const whole = await sharp(pixels, { raw }).withIccProfile('cmyk').raw().toBuffer();
    expect(whole.length).toBe(SIZE.widthPx * SIZE.heightPx * 4);
    expect(Buffer.compare(await READERS[reader](fileOf('tiff-cmyk'), 'CMYK'), whole)).toBe(0);
  });

  it('tiff-cmyk looks like the others under its own profile', async () => {
    const proof = await sharp(fileOf('tiff-cmyk')).toColourspace('srgb').raw().toBuffer();
    // Inks cannot show every color of a screen.
    expect(psnr(proof, pixels)).toBeGreaterThan(18);
  });

  it.each(readers)('jpeg is close to the pixels for %s', async (reader) => {
    expect(psnr(await READERS[reader](fileOf('jpeg'), 'RGB'), pixels)).toBeGreaterThan(38);
  });

  it('jpeg is what encoding the whole picture at once gives', async () => {
    const raw = { width: SIZE.widthPx, height: SIZE.heightPx, channels: 3 } as const;
    const whole = await sharp(pixels, { raw }).jpeg({ quality: 92, chromaSubsampling: '4:4:4' }).toBuffer();
    expect(Buffer.compare(await READERS.libvips(fileOf('jpeg'), 'RGB'), await sharp(whole).raw().toBuffer())).toBe(0);
  });

  it.each(names)('%s names its size, its resolution and its colors', async (name) => {
    const { density, width, height, icc, space, pages } = await sharp(fileOf(name)).metadata();
    const [profile, colors] = name === 'tiff-cmyk' ? [await cmykProfile(), 'cmyk'] : [await srgbProfile(), 'srgb'];
    expect([width, height, density, space, pages ?? 1]).toEqual([SIZE.widthPx, SIZE.heightPx, 300, colors, 1]);
    expect(Buffer.compare(icc!, profile)).toBe(0);
    expect(Buffer.from(profile.subarray(16, 20)).toString()).toBe(colors === 'cmyk' ? 'CMYK' : 'RGB ');
    const [read] = (await runTool('identify', '-units', 'PixelsPerInch', '-format', '%w %h %x %m\n', fileOf(name)))
      .toString()
      .split('\n');
    expect(read.replace('299.99', '300')).toBe(
      `${SIZE.widthPx} ${SIZE.heightPx} 300 ${name.split('-')[0].toUpperCase()}`,
    );
  });

  it.each(tiffs)('%s passes libtiff without a warning', async (name) => {
    const read = (await runTool('tiffinfo', '-D', fileOf(name))).toString();
    expect(read).toContain('Resolution: 300, 300 pixels/inch');
    expect(read).toContain('Software: Pop-Render');
    expect(read.match(/TIFF Directory at/g)).toHaveLength(1);
  });

  it('pass exiftool', async () => {
    expect(await exifFields(fileOf('tiff-cmyk'))).toMatchObject({
      'IFD0:XResolution': 300,
      'IFD0:YResolution': 300,
      'IFD0:ResolutionUnit': 2,
      'IFD0:InkSet': 1,
      'IFD0:SamplesPerPixel': 4,
      'ICC-header:ColorSpaceData': 'CMYK',
    });
    expect(await exifFields(fileOf('png'))).toMatchObject({
      'PNG-pHYs:PixelsPerUnitX': 11811,
      'PNG-pHYs:PixelsPerUnitY': 11811,
      'PNG-pHYs:PixelUnits': 1,
      'PNG:ProfileName': 'sRGB',
    });
    expect(await exifFields(fileOf('jpeg'))).toMatchObject({
      'JFIF:XResolution': 300,
      'JFIF:YResolution': 300,
      'JFIF:ResolutionUnit': 1,
      'ICC-header:ColorSpaceData': 'RGB ',
    });
    for (const name of ['tiff-lzw', 'tiff-none', 'png', 'jpeg']) {
      expect((await exifFields(fileOf(name)))['ExifTool:Warning']).toBeUndefined();
    }
  });

  it.each(names)('%s is the same file with any number of threads and any band height', async (name) => {
    const other = fileOf(name, 'other');
    await render(order(name, { threads: 3, bandRows: 1000, printPath: other }));
    expect(Buffer.compare(await readFile(other), await readFile(fileOf(name)))).toBe(0);
  });

  it('refuse a sheet that the format has no room for before anything is done', async () => {
    const stages: string[] = [];
    const output = { widthPx: 200, heightPx: 65_501, dpi: 300, fit: 'contain' } as const;
    const printPath = fileOf('jpeg', 'huge');
    const onProgress = ({ stage }: { stage: string }): void => void stages.push(stage);
    await expect(render(order('jpeg', { output, printPath, onProgress }))).rejects.toMatchObject({
      code: 'invalid_layout',
      message: 'A jpeg file has at most 65500 px a side, the sheet is 200 x 65501 px',
    });
    expect(stages).toEqual(['decode']);
    expect((await readdir(folder)).filter((file) => file.includes('huge'))).toEqual([]);
  });

  it.each(['tiff-cmyk', 'png', 'jpeg'])('%s leaves nothing when its render is aborted', async (name) => {
    const abort = new AbortController();
    const onProgress = ({ stage, fraction }: { stage: string; fraction: number }): void => {
      if (stage === 'paint' && fraction > 0.3) abort.abort();
    };
    const printPath = fileOf(name, 'aborted');
    const rendering = render(order(name, { printPath, bandRows: 1, onProgress, signal: abort.signal }));
    await expect(rendering).rejects.toMatchObject({ code: 'render_aborted' });
    expect((await readdir(folder)).filter((file) => file.includes('aborted'))).toEqual([]);
  });
});
