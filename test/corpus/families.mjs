// Photos that are unusual but whole, and labels on them that are wrong. They print.
import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { inserted, jpegSegment, join, pngChunk, tiffEntries, u16be, u16le, u32be, withBytes } from './bytes.mjs';
import { HEIGHT, scene, WIDTH } from './samples.mjs';

export function* kinds(samples) {
  for (const [name, bytes] of Object.entries(samples)) {
    yield { family: 'unusual', name, bytes, expect: 'accept', whole: name };
  }
}

const ORIENTATIONS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 255, 65_535];

const exif = (entries, next = 0) =>
  join('MM\0*', u32be(8), u16be(entries.length), ...entries.map((entry) => join(...entry)), u32be(next));
const orientation = (value) => [u16be(0x112), u16be(3), u32be(1), u16be(value), [0, 0]];

export function* labels(samples) {
  const jpeg = samples['baseline.jpg'];
  const label = (name, bytes, whole) => ({ family: 'odd label', name, bytes, expect: 'accept', whole });
  for (const value of ORIENTATIONS) {
    const turns = value >= 2 && value <= 8;
    const block = exif([orientation(value)]);
    yield label(
      `orientation-${value}.jpg`,
      inserted(jpeg, 2, jpegSegment(0xe1, join('Exif\0\0', block))),
      turns ? undefined : 'baseline.jpg',
    );
    yield label(
      `orientation-${value}.png`,
      inserted(samples['plain.png'], 33, pngChunk('eXIf', block)),
      turns ? undefined : 'plain.png',
    );
  }
  const app = (name, marker, ...data) =>
    label(name, inserted(jpeg, 2, jpegSegment(marker, join(...data))), 'baseline.jpg');
  yield app('empty-exif.jpg', 0xe1, 'Exif\0\0');
  yield app('exif-nowhere.jpg', 0xe1, 'Exif\0\0MM\0*\xff\xff\xff\xff');
  yield app('exif-garbage.jpg', 0xe1, 'Exif\0\0', Buffer.alloc(500, 0xa7));
  yield app('exif-loop.jpg', 0xe1, 'Exif\0\0', exif([orientation(1)], 8));
  yield app('exif-count.jpg', 0xe1, 'Exif\0\0', exif([[u16be(0x112), u16be(3), u32be(0xffffffff), u32be(0xffffff00)]]));
  yield app('exif-of-65535.jpg', 0xe1, 'Exif\0\0MM\0*\0\0\0\x08\xff\xff', Buffer.alloc(2000, 5));
  yield app('xmp-garbage.jpg', 0xe1, 'http://ns.adobe.com/xap/1.0/\0<x:xmpmeta', Buffer.alloc(300, 60));
  yield app('iptc-garbage.jpg', 0xed, 'Photoshop 3.0\x008BIM\x04\x04\0\0\xff\xff\xff\xff', Buffer.alloc(60, 9));
  yield app('mpf-nowhere.jpg', 0xe2, 'MPF\0MM\0*\xff\xff\xff\xf0');
  yield app('unknown-version.jpg', 0xe0, 'JFIF\0', [2, 1, 0, 0, 1, 0, 1, 0, 0]);
  yield app('unknown-color-code.jpg', 0xee, 'Adobe', [0, 100, 0, 0, 0, 0, 9]);
  yield label('stray-bytes-between-segments.jpg', inserted(jpeg, 4 + jpeg.readUInt16BE(4), [1, 2, 3]), 'baseline.jpg');
  yield label('stray-bytes-before-end.jpg', inserted(jpeg, jpeg.length - 2, Buffer.alloc(20)), 'baseline.jpg');
  const scan = jpeg.indexOf(Buffer.from([0xff, 0xda]));
  const parameters = scan + 2 + jpeg.readUInt16BE(scan + 2) - 3;
  yield label('odd-scan-parameters.jpg', withBytes(jpeg, parameters, [0, 0, 0]), 'baseline.jpg');
  yield label('trailing-bytes.jpg', join(jpeg, Buffer.alloc(100_000, 66)), 'baseline.jpg');
  yield* profiles(samples, label);
  yield* pngAndTiffLabels(samples, label);
}

function* profiles(samples, label) {
  const jpeg = samples['baseline.jpg'];
  const withProfile = (profile, [index, count] = [1, 1]) =>
    inserted(jpeg, 2, jpegSegment(0xe2, join('ICC_PROFILE\0', [index, count], profile)));
  const icc = profileOf(samples['p3.jpg']);
  const wrongs = {
    garbage: Buffer.alloc(400, 0xe3),
    empty: [],
    'one-byte': [7],
    'header-only': icc.subarray(0, 128),
    half: icc.subarray(0, icc.length >> 1),
    'wrong-size': withBytes(icc, 0, u32be(0x7fffffff)),
    'wrong-class': withBytes(icc, 12, Buffer.from('link')),
    'wrong-space': withBytes(icc, 16, Buffer.from('CMYK')),
    'wrong-pcs': withBytes(icc, 20, Buffer.from('XXXX')),
    'no-signature': withBytes(icc, 36, Buffer.from('XXXX')),
    'endless-tags': withBytes(icc, 128, u32be(0xffffffff)),
    'tags-nowhere': withBytes(icc, 136, u32be(0xfffffff0)),
  };
  for (const [name, profile] of Object.entries(wrongs)) {
    yield label(`profile-${name}.jpg`, withProfile(profile));
    yield label(
      `profile-${name}.png`,
      inserted(samples['plain.png'], 33, pngChunk('iCCP', join('x\0\0', deflateSync(join(profile))))),
    );
  }
  yield label('profile-part-2-of-3.jpg', withProfile(icc, [2, 3]));
  yield label('profile-part-0-of-0.jpg', withProfile(icc, [0, 0]));
}

/** The profile that is kept in one segment. */
function profileOf(jpeg) {
  const at = jpeg.indexOf('ICC_PROFILE\0');
  return jpeg.subarray(at + 14, at - 2 + jpeg.readUInt16BE(at - 2));
}

function* pngAndTiffLabels(samples, label) {
  const png = samples['plain.png'];
  const chunk = (name, type, data) => label(name, inserted(png, 33, pngChunk(type, data)), 'plain.png');
  const text = pngChunk('tEXt', 'Comment\0hello');
  text[text.length - 1] ^= 1;
  yield label('text-checksum.png', inserted(png, 33, text), 'plain.png');
  yield chunk('unknown-chunk.png', 'abCd', 'hello');
  yield chunk('short-density.png', 'pHYs', 'hello');
  yield chunk('short-text.png', 'tEXt', '');
  yield chunk('bad-time.png', 'tIME', Buffer.alloc(7, 255));
  yield label('trailing-megabyte.png', join(png, Buffer.alloc(1 << 20, 66)), 'plain.png');
  yield label('trailing-bytes.webp', join(samples['lossy.webp'], 'trailing'), 'lossy.webp');
  const tiff = samples['lzw.tiff'];
  const { entries } = tiffEntries(tiff);
  for (const tag of [37_724, 50_341, 60_000]) {
    const at = entries.find((entry) => entry.tag === 339).at;
    yield label(`unknown-tag-${tag}.tiff`, withBytes(tiff, at, u16le(tag)), 'lzw.tiff');
  }
  const resolution = entries.find((entry) => entry.tag === 282).at;
  yield label('tags-out-of-order.tiff', withBytes(tiff, resolution, u16le(60_000)), 'lzw.tiff');
  yield label('trailing-bytes.tiff', join(tiff, 'trailing'), 'lzw.tiff');
  yield label('trailing-bytes.bmp', join(samples['24.bmp'], 'trailing'), '24.bmp');
}

/** Hundreds of frames or pages: the first one alone is looked at. */
export async function* manyFrames(isShort) {
  const count = isShort ? 100 : 1000;
  const height = 40;
  const data = scene(WIDTH, HEIGHT);
  const stack = Buffer.concat(
    Array.from({ length: count }, (_, i) => data.subarray(WIDTH * 3 * (i % 80)).subarray(0, 3 * WIDTH * height)),
  );
  const animation = () =>
    sharp(stack, { raw: { width: WIDTH, height: height * count, channels: 3, pageHeight: height } });
  yield {
    family: 'frames',
    name: `${count}-frames.webp`,
    bytes: await animation().webp({ effort: 0 }).toBuffer(),
    expect: 'accept',
  };
  yield {
    family: 'frames',
    name: `${count}-pages.tiff`,
    bytes: await animation().tiff({ compression: 'lzw' }).toBuffer(),
    expect: 'accept',
  };
  yield {
    family: 'frames',
    name: `${count}-frames.gif`,
    bytes: await animation().gif({ effort: 1 }).toBuffer(),
    expect: ['unsupported_format'],
  };
}
