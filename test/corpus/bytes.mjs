// Small pieces that files are made of.
import { crc32 as zlibCrc32 } from 'node:zlib';

/** Joins strings (Latin-1), buffers and lists of bytes. */
export function join(...parts) {
  return Buffer.concat(
    parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : Buffer.from(part))),
  );
}

export const u16be = (value) => [(value >> 8) & 255, value & 255];
export const u32be = (value) => [...u16be(value >>> 16), ...u16be(value)];
export const u16le = (value) => u16be(value).reverse();
export const u32le = (value) => u32be(value).reverse();

/** A copy with bytes set at a place. */
export function withBytes(bytes, at, values) {
  const copy = Buffer.from(bytes);
  values.forEach((value, i) => (copy[at + i] = value));
  return copy;
}

/** A copy with bytes inserted at a place. */
export function inserted(bytes, at, ...parts) {
  return join(bytes.subarray(0, at), ...parts, bytes.subarray(at));
}

/** The Mersenne-free generator "mulberry32": numbers in 0..1, always the same from one seed. */
export function seeded(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c >>> 0;
});

// Node has had its own only since 20.15.
export function crc32(bytes) {
  if (zlibCrc32) return zlibCrc32(bytes);
  let crc = 0xffffffff;
  for (const byte of bytes) crc = CRC_TABLE[(crc ^ byte) & 255] ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

export function pngChunk(type, data) {
  const body = join(type, data);
  return join(u32be(data.length), body, u32be(crc32(body)));
}

export const PNG_SIGNATURE = Buffer.from('89504e470d0a1a0a', 'hex');

export function pngHeader(width, height, { bits = 8, color = 2, interlace = 0 } = {}) {
  return join(PNG_SIGNATURE, pngChunk('IHDR', join(u32be(width), u32be(height), [bits, color, 0, 0, interlace])));
}

/** A PNG's chunks, signature left out. */
export function pngChunks(bytes) {
  const chunks = [];
  for (let at = 8; at + 12 <= bytes.length; at += 12 + bytes.readUInt32BE(at)) {
    chunks.push({ type: bytes.toString('latin1', at + 4, at + 8), at, length: bytes.readUInt32BE(at) });
  }
  return chunks;
}

export function jpegSegment(marker, data) {
  return join([0xff, marker], u16be(data.length + 2), data);
}

/** A JPEG's segments up to its first scan. */
export function jpegSegments(bytes) {
  const segments = [];
  for (let at = 2; at + 4 <= bytes.length && bytes[at] === 0xff; at += 2 + bytes.readUInt16BE(at + 2)) {
    segments.push({ marker: bytes[at + 1], at, length: bytes.readUInt16BE(at + 2) });
    if (bytes[at + 1] === 0xda) break;
  }
  return segments;
}

/** Entries of the first directory of a little-endian classic TIFF. */
export function tiffEntries(bytes) {
  const directory = bytes.readUInt32LE(4);
  const entries = [];
  for (let i = 0; i < bytes.readUInt16LE(directory); i++) {
    const at = directory + 2 + 12 * i;
    entries.push({ tag: bytes.readUInt16LE(at), type: bytes.readUInt16LE(at + 2), at });
  }
  return { directory, entries, next: directory + 2 + 12 * entries.length };
}

/** A little-endian TIFF of one strip. @param tags as [tag, type 3 or 4, value]; strip places are filled in */
export function tiffFile(tags, strip, { nextDirectory = 0 } = {}) {
  const entries = [...tags, [273, 4, 8], [279, 4, strip.length]].sort((a, b) => a[0] - b[0]);
  const directory = 8 + strip.length + (strip.length & 1);
  return join(
    'II*\0',
    u32le(directory),
    strip,
    Buffer.alloc(strip.length & 1),
    u16le(entries.length),
    ...entries.map(([tag, type, value]) => join(u16le(tag), u16le(type), u32le(1), u32le(value))),
    u32le(nextDirectory),
  );
}

/** A BMP. @param header 12, 40, 108 or 124 bytes long */
export function bmpFile(width, height, bits, pixels, options = {}) {
  const { compression = 0, header = 40, palette = defaultPalette(bits), masks = [], offset } = options;
  const start = 14 + header + (header === 40 ? 4 * masks.length : 0) + palette.length;
  const info = Buffer.alloc(header);
  info.writeUInt32LE(header, 0);
  if (header === 12) join(u16le(width), u16le(height), u16le(1), u16le(bits)).copy(info, 4);
  else {
    join(u32le(width), u32le(height), u16le(1), u16le(bits), u32le(compression), u32le(pixels.length)).copy(info, 4);
    if (header > 40) join(...masks.map(u32le)).copy(info, 40);
  }
  const loose = header === 40 ? join(...masks.map(u32le)) : [];
  return join('BM', u32le(start + pixels.length), u32le(0), u32le(offset ?? start), info, loose, palette, pixels);
}

export function defaultPalette(bits, entryBytes = 4) {
  if (bits > 8) return Buffer.alloc(0);
  const count = 1 << bits;
  return join(
    ...Array.from({ length: count }, (_, i) => paletteEntry(Math.round((i * 255) / (count - 1)), entryBytes)),
  );
}

function paletteEntry(level, entryBytes) {
  return [level, 255 - level, (level * 7) & 255, 0].slice(0, entryBytes);
}
