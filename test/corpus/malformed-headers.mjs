// Headers with false values: sizes, depths, counts, offsets, lengths, checksums, loops.
import {
  bmpFile,
  crc32,
  jpegSegments,
  join,
  pngChunk,
  pngChunks,
  tiffEntries,
  u16be,
  u16le,
  u32be,
  u32le,
  withBytes,
} from './bytes.mjs';

const NUMBERS = [0, 1, 2, 7, 159, 161, 255, 9999, 10_000, 10_001, 65_535, 0x7fffffff, 0x80000000, 0xffffffff];

const lie = (name, bytes, more = {}) => ({ family: 'header lie', name, bytes, ...more });

export function* lies(samples) {
  yield* pngLies(samples);
  yield* jpegLies(samples);
  yield* tiffLies(samples);
  yield* webpLies(samples);
  yield* bmpLies(samples);
}

function* pngLies(samples) {
  for (const sample of ['plain.png', 'interlaced.png', 'palette.png']) {
    const png = samples[sample];
    const header = (data) => join(png.subarray(0, 8), pngChunk('IHDR', data), png.subarray(33));
    const metadata = png.subarray(16, 29);
    for (const value of NUMBERS) {
      yield lie(`width-${value}-${sample}`, header(withBytes(metadata, 0, u32be(value))));
      yield lie(`height-${value}-${sample}`, header(withBytes(metadata, 4, u32be(value))));
      for (const { type, at } of pngChunks(png).slice(0, 4)) {
        yield lie(`length-${type}-${value}-${sample}`, withBytes(png, at, u32be(value)));
      }
    }
    for (const depth of [0, 1, 2, 3, 4, 16, 32, 255]) {
      for (const color of [0, 2, 3, 4, 6, 7]) {
        yield lie(`depth-${depth}-color-${color}-${sample}`, header(withBytes(metadata, 8, [depth, color])));
      }
    }
    for (const [at, what] of [
      [10, 'compression'],
      [11, 'filter'],
      [12, 'interlace'],
    ]) {
      for (const value of [1, 2, 255]) {
        yield lie(`${what}-${value}-${sample}`, header(withBytes(metadata, at, [value])));
      }
    }
    for (const { type, at, length } of pngChunks(png)) {
      const cut = join(png.subarray(0, at), png.subarray(at + 12 + length));
      yield lie(`without-${type}-${at}-${sample}`, cut);
      yield lie(`crc-${type}-${at}-${sample}`, withBytes(png, at + 8 + length, [png[at + 8 + length] ^ 1]));
      yield lie(
        `twice-${type}-${at}-${sample}`,
        join(png.subarray(0, at), png.subarray(at, at + 12 + length), png.subarray(at)),
      );
    }
  }
}

function* jpegLies(samples) {
  for (const sample of ['baseline.jpg', 'progressive.jpg', 'cmyk.jpg']) {
    const jpeg = samples[sample];
    const segments = jpegSegments(jpeg);
    const frame = segments.find(({ marker }) => marker >= 0xc0 && marker <= 0xc2).at;
    for (const value of NUMBERS.filter((number) => number < 65_536)) {
      yield lie(`height-${value}-${sample}`, withBytes(jpeg, frame + 5, u16be(value)));
      yield lie(`width-${value}-${sample}`, withBytes(jpeg, frame + 7, u16be(value)));
      for (const { marker, at } of segments) {
        yield lie(`length-${marker}-${at}-${value}-${sample}`, withBytes(jpeg, at + 2, u16be(value)));
      }
    }
    for (const value of [0, 1, 2, 5, 12, 16, 255]) {
      yield lie(`precision-${value}-${sample}`, withBytes(jpeg, frame + 4, [value]));
      yield lie(`components-${value}-${sample}`, withBytes(jpeg, frame + 9, [value]));
      yield lie(`sampling-${value}-${sample}`, withBytes(jpeg, frame + 11, [value]));
      yield lie(`table-${value}-${sample}`, withBytes(jpeg, frame + 12, [value]));
    }
    for (let marker = 0xc0; marker <= 0xcf; marker++) {
      yield lie(`frame-${marker}-${sample}`, withBytes(jpeg, frame + 1, [marker]));
    }
    for (const { marker, at, length } of segments) {
      yield lie(`without-${marker}-${at}-${sample}`, join(jpeg.subarray(0, at), jpeg.subarray(at + 2 + length)));
    }
  }
}

function* tiffLies(samples) {
  for (const sample of ['strips.tiff', 'lzw.tiff', 'tiles.tiff', 'ccitt.tiff']) {
    const tiff = samples[sample];
    const { directory, entries, next } = tiffEntries(tiff);
    for (const { tag, at } of entries) {
      for (const value of [0, 1, 3, 10_000, 65_535, 0xffffffff]) {
        yield lie(`tag-${tag}-value-${value}-${sample}`, withBytes(tiff, at + 8, u32le(value)));
        yield lie(`tag-${tag}-count-${value}-${sample}`, withBytes(tiff, at + 4, u32le(value)));
      }
      for (const type of [0, 2, 5, 12, 16, 99]) {
        yield lie(`tag-${tag}-type-${type}-${sample}`, withBytes(tiff, at + 2, u16le(type)));
      }
    }
    yield lie(`next-is-itself-${sample}`, withBytes(tiff, next, u32le(directory)));
    yield lie(`next-is-nowhere-${sample}`, withBytes(tiff, next, u32le(0xfffffff0)));
    yield lie(`directory-nowhere-${sample}`, withBytes(tiff, 4, u32le(0xfffffff0)));
    yield lie(`directory-odd-${sample}`, withBytes(tiff, 4, u32le(7)));
    yield lie(`directory-of-65535-${sample}`, withBytes(tiff, directory, u16le(65_535)));
    yield lie(`empty-directory-${sample}`, withBytes(tiff, directory, u16le(0)), { expect: ['corrupt_photo'] });
  }
}

function* webpLies(samples) {
  for (const sample of ['lossy.webp', 'lossless.webp', 'alpha.webp', 'animated.webp']) {
    const webp = samples[sample];
    for (const value of NUMBERS) {
      yield lie(`riff-${value}-${sample}`, withBytes(webp, 4, u32le(value)));
      for (let at = 12, i = 0; at + 8 <= webp.length && i < 4; i++) {
        yield lie(`chunk-${at}-${value}-${sample}`, withBytes(webp, at + 4, u32le(value)));
        at += 8 + webp.readUInt32LE(at + 4) + (webp.readUInt32LE(at + 4) & 1);
      }
    }
    for (let at = 20; at < 46; at++) yield lie(`byte-${at}-${sample}`, withBytes(webp, at, [0xff]));
  }
}

function* bmpLies(samples) {
  for (const sample of ['24.bmp', '8.bmp', 'v5.bmp', 'rle8.bmp', 'core.bmp']) {
    const bmp = samples[sample];
    for (const value of NUMBERS) {
      for (const at of [2, 10, 14, 18, 22, 30, 34, 46, 50]) {
        yield lie(`dword-${at}-${value}-${sample}`, withBytes(bmp, at, u32le(value)));
      }
      for (const at of [26, 28]) yield lie(`word-${at}-${value}-${sample}`, withBytes(bmp, at, u16le(value & 65_535)));
    }
  }
  for (const masks of [
    [0, 0, 0],
    [0xff, 0xff, 0xff],
    [0xaaaa, 0x5555, 1],
    [0xffffffff, 0xffffffff, 0xffffffff],
  ]) {
    yield lie(`masks-${masks}`, bmpFile(20, 20, 32, Buffer.alloc(1600, 99), { compression: 3, masks }));
  }
}

/** A PNG whose pixels end before its rows do, each checksum right. */
export function* shortOfRows(samples) {
  const png = samples['plain.png'];
  const [header, ...rest] = pngChunks(png);
  for (const height of [121, 200, 1000, 10_000]) {
    const data = withBytes(png.subarray(header.at + 8, header.at + 21), 4, u32be(height));
    const bytes = join(png.subarray(0, 8), pngChunk('IHDR', data), png.subarray(rest[0].at));
    yield lie(`rows-missing-${height}-${crc32(data)}`, bytes, { expect: ['corrupt_photo'] });
  }
}
