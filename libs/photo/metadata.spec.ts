import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import sharp from 'sharp';
import { exifBlock, readExif } from './exif.js';
import { grayPngAsRgb } from './png-gray.js';
import { pngChunks, withPngChunks } from './png-chunks.js';
import { readPngText, readRawProfile } from './png-text.js';
import { withTiffEntries } from './tiff-entries.js';
import { xmpOrientation } from './xmp.js';

describe('readExif', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])('reads orientation %i', (orientation) => {
    expect(readExif(exifBlock(orientation))).toMatchObject({ orientation });
    const marked = Buffer.concat([Buffer.from('Exif\0\0', 'latin1'), exifBlock(orientation)]);
    expect(readExif(marked)).toMatchObject({ orientation });
  });

  it.each([0, 9, 255, 65_535])('takes orientation %i for none', (orientation) => {
    expect(readExif(exifBlock(orientation))).not.toHaveProperty('orientation');
  });

  it('answers any bytes', () => {
    const head = fc.constantFrom('49492a0008000000', '4d4d002a00000008', '');
    fc.assert(
      fc.property(head, fc.uint8Array({ maxLength: 300 }), (mark, bytes) => {
        readExif(Buffer.concat([Buffer.from(mark, 'hex'), bytes]));
      }),
      { numRuns: 500, seed: 3 },
    );
  });

  it('reads a directory that names itself once', () => {
    // The place of the EXIF directory is that of the first one.
    const loop = Buffer.from('4d4d002a000000080001' + '8769000400000001' + '00000008' + '00000000', 'hex');
    expect(readExif(loop)).toMatchObject({ whitePoint: [] });
  });
});

describe('xmpOrientation', () => {
  const packet = (body: string, prefix = 'tiff'): string =>
    `<x:xmpmeta><rdf:RDF xmlns:${prefix}="http://ns.adobe.com/tiff/1.0/">${body}</rdf:RDF></x:xmpmeta>`;

  it.each([
    ['an attribute', packet('<rdf:Description tiff:Orientation="6"/>'), 6],
    ['an attribute in other quotes', packet("<rdf:Description tiff:Orientation = '8'/>"), 8],
    ['an element', packet('<tiff:Orientation> 3 </tiff:Orientation>'), 3],
    ['another prefix', packet('<rdf:Description a.b:Orientation="5"/>', 'a.b'), 5],
    ['another namespace', packet('<rdf:Description exif:Orientation="5"/>'), undefined],
    ['the longer name', packet('<rdf:Description tiff:OrientationX="5" xtiff:Orientation="4"/>'), undefined],
    ['no such value', packet('<rdf:Description tiff:Orientation="9"/>'), undefined],
    ['nothing', '', undefined],
  ])('reads %s', (_, text, orientation) => {
    expect(xmpOrientation(Buffer.from(text))).toBe(orientation);
    const wide = Buffer.from(`\ufeff${text}`, 'utf16le');
    expect(xmpOrientation(wide)).toBe(orientation);
    expect(xmpOrientation(Buffer.from(wide).swap16())).toBe(orientation);
  });
});

describe('text in a PNG', () => {
  const isWanted = (): boolean => true;

  it('is unpacked up to a limit', () => {
    const bomb = Buffer.concat([Buffer.from('k\0\0', 'latin1'), deflateSync(Buffer.alloc(64 << 20))]);
    expect(readPngText({ type: 'zTXt', data: bomb }, isWanted)).toBeUndefined();
  });

  it.each(['', 'k', 'k\0', 'k\0\x01', 'k\0\x01\0\0'])('may be cut short: %j', (content) => {
    for (const type of ['tEXt', 'zTXt', 'iTXt', 'IDAT']) {
      expect(() => readPngText({ type, data: Buffer.from(content, 'latin1') }, isWanted)).not.toThrow();
    }
  });

  it('holds a profile in hexadecimal digits', () => {
    expect(readRawProfile(Buffer.from('\ngeneric profile\n      4\n0a0b\n0c0d\n'))).toEqual(
      Buffer.from('0a0b0c0d', 'hex'),
    );
    expect(readRawProfile(Buffer.from('no profile'))).toBeUndefined();
  });
});

describe('withPngChunks', () => {
  it('puts chunks behind the header and leaves others out', async () => {
    const png = await sharp({ create: { width: 3, height: 2, channels: 3, background: '#123456' } })
      .png()
      .toBuffer();
    const added = { type: 'tEXt', data: Buffer.from('a\0b', 'latin1') };
    const types = [...pngChunks(withPngChunks(png, [added], ['pHYs']))].map(({ type }) => type);
    expect(types).toEqual(['IHDR', 'tEXt', 'IDAT', 'IEND']);
  });
});

describe('withTiffEntries', () => {
  it('keeps the pages that follow', async () => {
    const raw = { width: 4, height: 8, channels: 3, pageHeight: 2 } as const;
    const tiff = await sharp(Buffer.alloc(96, 90), { raw }).tiff({ compression: 'none' }).toBuffer();
    const before = await sharp(tiff).metadata();
    const turned = withTiffEntries(tiff, [{ tag: 274, type: 'short', data: Buffer.of(6) }]);
    expect(await sharp(turned).metadata()).toMatchObject({ orientation: 6, pages: before.pages });
    expect(before.pages).toBe(4);
  });

  it.each([
    ['a BigTIFF that ends with its header', '49492b00080000000000'],
    ['a directory behind the end', '49492a00ffffff00'],
    ['an empty directory', '49492a00080000000000000000000000'],
  ])('leaves %s as it is', (_, hex) => {
    const bytes = Buffer.from(hex, 'hex');
    expect(withTiffEntries(bytes, [{ tag: 274, type: 'short', data: Buffer.of(6) }])).toBe(bytes);
  });
});

describe('grayPngAsRgb', () => {
  const [width, height] = [37, 29];
  const noise = Uint16Array.from({ length: width * height * 2 }, (_, i) => Math.imul(i + 1, 0x9e3779b1) >>> 16);

  /** The pixels as the native decoder reads them, in 16 bits. */
  const pixels = async (png: Buffer): Promise<Buffer> =>
    sharp(png).pipelineColourspace('rgb16').toColourspace('rgb16').raw({ depth: 'ushort' }).toBuffer();

  it.each([
    ['8 bits', 'b-w', 1, false],
    ['8 bits interlaced', 'b-w', 1, true],
    ['8 bits and alpha', 'b-w', 2, false],
    ['16 bits', 'grey16', 1, false],
    ['16 bits interlaced', 'grey16', 1, true],
    ['16 bits and alpha interlaced', 'grey16', 2, true],
  ] as const)('has the same pixels: %s', async (_, space, channels, progressive) => {
    const samples = noise.subarray(0, width * height * channels);
    const source = space === 'b-w' ? Uint8Array.from(samples, (value) => value >> 8) : samples;
    const image = sharp(source, { raw: { width, height, channels } }).toColourspace(space);
    const png = await image.png({ progressive, adaptiveFiltering: true }).toBuffer();
    const rgb = await grayPngAsRgb(png);
    expect(rgb[25]).toBe(channels === 2 ? 6 : space === 'b-w' ? 3 : 2);
    expect((await pixels(rgb)).equals(await pixels(png))).toBe(true);
  });

  it.each([1, 2, 4])('has the same pixels: %i bits', async (bits) => {
    const rowBytes = Math.ceil((width * bits) / 8);
    const rows = Array.from({ length: height }, (_, y) => [
      0,
      ...Array.from({ length: rowBytes }, (_, x) => noise[y * rowBytes + x] & 255),
    ]);
    const png = grayPng(bits, deflateSync(Buffer.from(rows.flat())));
    expect((await pixels(await grayPngAsRgb(png))).equals(await pixels(png))).toBe(true);
  });

  it('keeps the one gray that is transparent', async () => {
    const rows = Buffer.from(Array.from({ length: height }, () => [0, ...Array(width).keys()]).flat());
    const clear = { type: 'tRNS', data: Buffer.of(0, 5) };
    const png = withPngChunks(grayPng(8, deflateSync(rows)), [clear], []);
    expect((await pixels(await grayPngAsRgb(png))).equals(await pixels(png))).toBe(true);
  });

  it('does not heal damage', async () => {
    const image = sharp(noise.subarray(0, width * height), { raw: { width, height, channels: 1 } });
    const png = await image.toColourspace('grey16').png().toBuffer();
    for (const at of [png.length - 20, 60, 300]) {
      const damaged = Buffer.from(png);
      damaged[at] ^= 1;
      await expect(grayPngAsRgb(damaged)).rejects.toMatchObject({ code: 'corrupt_photo' });
    }
  });

  function grayPng(bits: number, data: Buffer): Buffer {
    const header = Buffer.alloc(13);
    header.writeUInt32BE(width);
    header.writeUInt32BE(height, 4);
    header[8] = bits;
    const empty = Buffer.from(
      '89504e470d0a1a0a' + '0000000049484452' + '00000000' + '0000000049454e44' + 'ae426082',
      'hex',
    );
    const chunks = [
      { type: 'IHDR', data: header },
      { type: 'IDAT', data },
    ];
    return withPngChunks(empty, chunks, ['IHDR']);
  }
});
