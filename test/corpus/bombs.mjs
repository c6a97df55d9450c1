// Small files that unpack into much.
import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { bmpFile, inserted, join, jpegSegment, pngChunk, pngHeader, tiffFile, u16le, u32le } from './bytes.mjs';
import { scene } from './samples.mjs';

const SIDE = 10_000;
const flat = (side, channels = 3) =>
  sharp({ create: { width: side, height: side, channels, background: '#40a0c0' }, limitInputPixels: false });

const bomb = (name, bytes, more = {}) => ({ family: 'bomb', name, bytes, ...more });

export async function* bombs(samples, { isShort }) {
  yield* declared();
  yield* metadataBombs(samples);
  yield* manyParts(samples);
  yield bomb('12000-flat.png', await flat(12_000).png({ compressionLevel: 9 }).toBuffer(), {
    expect: ['photo_too_large'],
  });
  yield bomb('one-bit-10000.bmp', bmpFile(SIDE, SIDE, 1, Buffer.alloc(1252 * SIDE, 0x5a)), { expect: 'accept' });
  yield bomb('rle-10000.bmp', runLengthBomb(), { expect: 'accept' });
  yield bomb('rle-empty-10000.bmp', bmpFile(SIDE, SIDE, 8, Buffer.from([0, 1]), { compression: 1 }), {
    expect: 'accept',
  });
  yield bomb('rle-lines.bmp', bmpFile(SIDE, SIDE, 8, Buffer.alloc(1 << 22), { compression: 1 }));
  yield bomb(
    'rle-moves.bmp',
    bmpFile(SIDE, SIDE, 8, Buffer.alloc(1 << 22, Buffer.from([0, 2, 0, 0])), { compression: 1 }),
  );
  yield bomb('rle-runs.bmp', bmpFile(SIDE, SIDE, 8, Buffer.alloc(1 << 22, 255), { compression: 1 }));
  if (!isShort) yield* wholeSides();
}

/** Huge by their header; no pixel of them may be decoded. */
function* declared() {
  const row = deflateSync(Buffer.alloc(60_001));
  for (const [width, height] of [
    [20_000, 20_000],
    [10_001, 1],
    [1, 10_001],
    [65_535, 65_535],
    [0x7fffffff, 0x7fffffff],
  ]) {
    const png = join(pngHeader(width, height), pngChunk('IDAT', row), pngChunk('IEND', []));
    yield bomb(`declared-${width}x${height}.png`, png, {
      // The decoder itself has no sides beyond a million.
      expect: width > 1_000_000 ? ['photo_too_large', 'corrupt_photo'] : ['photo_too_large'],
    });
    yield bomb(`declared-${width}x${height}.bmp`, bmpFile(width, height, 24, Buffer.alloc(100)), {
      expect: ['photo_too_large'],
    });
    const tags = [
      [256, 4, width],
      [257, 4, height],
      [258, 3, 8],
      [259, 3, 1],
      [262, 3, 1],
      [277, 3, 1],
      [278, 4, height],
    ];
    yield bomb(`declared-${width}x${height}.tiff`, tiffFile(tags, Buffer.alloc(100)), {
      expect: ['photo_too_large', 'corrupt_photo'],
    });
  }
  const tags = [
    [256, 4, SIDE],
    [257, 4, SIDE],
    [258, 3, 8],
    [262, 3, 1],
    [277, 3, 1],
    [278, 4, SIDE],
  ];
  const short = { expect: ['corrupt_photo'] };
  yield bomb('one-huge-strip.tiff', tiffFile([...tags, [259, 3, 1]], Buffer.alloc(1000)), short);
  yield bomb('one-huge-deflate-strip.tiff', tiffFile([...tags, [259, 3, 8]], deflateSync(Buffer.alloc(1000))), short);
  yield bomb('one-huge-lzw-strip.tiff', tiffFile([...tags, [259, 3, 5]], Buffer.from([0x80, 0x0b, 0x60, 0x50])), short);
  yield bomb(
    'declared-10000-one-row.png',
    join(pngHeader(SIDE, SIDE), pngChunk('IDAT', row), pngChunk('IEND', [])),
    short,
  );
  const interlaced = join(pngHeader(SIDE, SIDE, { interlace: 1 }), pngChunk('IDAT', row), pngChunk('IEND', []));
  yield bomb('declared-10000-interlaced.png', interlaced, short);
}

function* metadataBombs(samples) {
  const zeros = deflateSync(Buffer.alloc(64 << 20), { level: 9 });
  const png = samples['plain.png'];
  const named = (type, head) => inserted(png, 33, pngChunk(type, join(head, zeros)));
  yield bomb('iccp.png', named('iCCP', 'bomb\0\0'));
  yield bomb('ztxt.png', named('zTXt', 'Comment\0\0'));
  yield bomb('itxt.png', named('iTXt', 'Comment\0\x01\0\0\0'));
  yield bomb('exif.png', inserted(png, 33, pngChunk('eXIf', Buffer.alloc(8 << 20, 'MM\0*'))));
  yield bomb('10000-texts.png', inserted(png, 33, ...Array(10_000).fill(pngChunk('tEXt', 'Comment\0hello'))));
  yield bomb(
    '10000-ztxts.png',
    inserted(png, 33, ...Array(3000).fill(pngChunk('zTXt', join('C\0\0', deflateSync(Buffer.alloc(40_000)))))),
  );
  const extra = deflateSync(join(scene(), Buffer.alloc(64 << 20)));
  yield bomb('endless-data.png', join(pngHeader(160, 120), pngChunk('IDAT', extra), pngChunk('IEND', [])));
  const jpeg = samples['baseline.jpg'];
  const profile = Array.from({ length: 255 }, (_, i) =>
    jpegSegment(0xe2, join('ICC_PROFILE\0', [i + 1, 255], Buffer.alloc(60_000, 65))),
  );
  yield bomb('15-megabyte-profile.jpg', inserted(jpeg, 2, ...profile));
  yield bomb(
    '1000-exifs.jpg',
    inserted(jpeg, 2, ...Array(300).fill(jpegSegment(0xe1, join('Exif\0\0MM\0*\0\0\0\x08', Buffer.alloc(30_000, 1))))),
  );
  yield bomb(
    'exif-of-itself.jpg',
    inserted(jpeg, 2, jpegSegment(0xe1, 'Exif\0\0MM\0*\0\0\0\x08\0\x01\x87\x69\0\x04\0\0\0\x01\0\0\0\x08\0\0\0\x08')),
  );
}

function* manyParts(samples) {
  const jpeg = samples['baseline.jpg'];
  yield bomb('20000-app-segments.jpg', inserted(jpeg, 2, ...Array(20_000).fill(jpegSegment(0xe5, 'x'))), {
    expect: 'accept',
  });
  yield bomb('20000-comments.jpg', inserted(jpeg, 2, ...Array(20_000).fill(jpegSegment(0xfe, Buffer.alloc(200)))));
  yield bomb('20000-restarts.jpg', inserted(jpeg, jpeg.length - 2, ...Array(20_000).fill([0xff, 0xd0])));
  yield bomb('megabyte-of-filling.jpg', inserted(jpeg, 2, Buffer.alloc(1 << 20, 255)));
  const progressive = samples['progressive.jpg'];
  const scan = progressive.indexOf(Buffer.from([0xff, 0xda]));
  const second = progressive.indexOf(Buffer.from([0xff, 0xda]), scan + 2);
  const coded = progressive.subarray(scan, second);
  for (const count of [50, 500, 5000]) {
    yield bomb(`${count}-scans.jpg`, inserted(progressive, second, ...Array(count).fill(coded)), {
      expect: ['photo_too_complex'],
    });
  }
  const entries = [
    [256, 3, 1],
    [257, 3, 1],
    [258, 3, 8],
    [259, 3, 1],
    [262, 3, 1],
    [273, 4, 8],
    [277, 3, 1],
    [278, 3, 1],
    [279, 4, 1],
  ];
  const directory = (next) =>
    join(
      u16le(entries.length),
      ...entries.map(([tag, type, value]) => join(u16le(tag), u16le(type), u32le(1), u32le(value))),
      u32le(next),
    );
  const size = 6 + 12 * entries.length;
  const chain = (count) =>
    join(
      'II*\0',
      u32le(12),
      u32le(0),
      ...Array.from({ length: count }, (_, i) => directory(i + 1 < count ? 12 + size * (i + 1) : 0)),
    );
  for (const count of [1000, 10_000, 60_000]) yield bomb(`${count}-directories.tiff`, chain(count));
}

function runLengthBomb() {
  const row = [];
  for (let left = SIDE; left > 0; left -= 255) row.push(Math.min(255, left), 1);
  const line = Buffer.from([...row, 0, 0]);
  return bmpFile(SIDE, SIDE, 8, join(...Array(SIDE - 1).fill(line), row, [0, 1]), { compression: 1 });
}

/** The largest photos that are accepted: what they cost in time and memory is part of the report. */
async function* wholeSides() {
  const accept = { expect: 'accept' };
  yield bomb('10000-flat.png', await flat(SIDE).png().toBuffer(), accept);
  yield bomb('10000-flat-interlaced.png', await flat(SIDE).png({ progressive: true }).toBuffer(), accept);
  yield bomb('10000-flat.webp', await flat(SIDE).webp({ effort: 0 }).toBuffer(), accept);
  yield bomb('10000-flat-lossless.webp', await flat(SIDE).webp({ lossless: true, effort: 0 }).toBuffer(), accept);
  yield bomb('10000-flat-deflate.tiff', await flat(SIDE).tiff({ compression: 'deflate' }).toBuffer(), accept);
  yield bomb('10000-flat-tiles.tiff', await flat(SIDE).tiff({ compression: 'lzw', tile: true }).toBuffer(), accept);
  yield bomb('10000-flat.jpg', await flat(SIDE).jpeg().toBuffer(), accept);
  yield bomb('10000-progressive.jpg', await flat(SIDE).jpeg({ progressive: true }).toBuffer(), accept);
  yield bomb(
    '10000-progressive-444.jpg',
    await flat(SIDE).jpeg({ progressive: true, chromaSubsampling: '4:4:4' }).toBuffer(),
    accept,
  );
  const strip = deflateSync(Buffer.alloc(3 * SIDE * SIDE, 77), { level: 1 });
  const tags = [
    [256, 4, SIDE],
    [257, 4, SIDE],
    [258, 3, 8],
    [259, 3, 8],
    [262, 3, 2],
    [277, 3, 3],
    [278, 4, SIDE],
  ];
  yield bomb('10000-one-strip.tiff', tiffFile(tags, strip));
}
