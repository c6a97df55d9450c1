import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import sharp from 'sharp';
import { exifBlock, readExif } from './exif.js';
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
