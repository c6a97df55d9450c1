// TIFF files written by hand: every sample format, layout and tag, whatever decoders think of it.
import { join } from './bytes.mjs';

const SHORT = 3;
const LONG = 4;
const TYPE_BYTES = { 1: 1, 2: 1, 3: 2, 4: 4, 7: 1, 16: 8 };

/**
 * @typedef {object} Page
 * @property {number} width
 * @property {number} height
 * @property {number} samples of a pixel
 * @property {ArrayLike<number>} values interleaved; whole numbers as stored, or floats where the sample format is 3
 * @property {number} bits of a sample
 * @property {number} photometric
 * @property {number} [format] SampleFormat
 * @property {number} [tile] side of a tile; strips when left out
 * @property {boolean} [isPlanar]
 * @property {boolean} [isLsbFirst] FillOrder 2
 * @property {[number, number, number[] | Buffer][]} [tags] further or other tags as tag, type and values
 * @property {Buffer[]} [coded] strips or tiles as they are stored, instead of the values
 * @property {Page[]} [subPages] reached by the tag SubIFDs
 */

/** @param {Page[]} pages @param {{ isBig?: boolean, isBigEndian?: boolean, mark?: Buffer }} [options] mark: bytes behind the header */
export function writeTiff(pages, { isBig = false, isBigEndian = false, mark = Buffer.alloc(0) } = {}) {
  const writer = new Writer(isBig, isBigEndian, mark);
  let linkAt = isBig ? 8 : 4;
  for (const page of pages) {
    const { directoryAt, nextLinkAt } = writer.page(page);
    writer.patches.push([linkAt, directoryAt]);
    linkAt = nextLinkAt;
  }
  return writer.bytes();
}

class Writer {
  parts = [];
  length = 0;
  patches = [];

  constructor(isBig, isBigEndian, mark) {
    this.isBig = isBig;
    this.isBigEndian = isBigEndian;
    this.offsetBytes = isBig ? 8 : 4;
    const head = isBig ? [this.integer(43, 2), this.integer(8, 2), this.integer(0, 2)] : [this.integer(42, 2)];
    this.append(join(isBigEndian ? 'MM' : 'II', ...head, this.integer(0, this.offsetBytes), mark));
  }

  /** Appends at an even place. */
  append(bytes) {
    if (this.length % 2) this.push(Buffer.alloc(1));
    const at = this.length;
    this.push(bytes);
    return at;
  }

  push(bytes) {
    this.parts.push(bytes);
    this.length += bytes.length;
  }

  integer(value, size) {
    const field = Buffer.alloc(size);
    const bits = BigInt.asUintN(8 * size, BigInt(value));
    for (let i = 0; i < size; i++) {
      field[this.isBigEndian ? size - 1 - i : i] = Number((bits >> BigInt(8 * i)) & 255n);
    }
    return field;
  }

  page(page) {
    const { tile, subPages = [] } = page;
    const stored = (page.coded ?? segments(page, this)).map((bytes) => [this.append(bytes), bytes.length]);
    const below = subPages.map((subPage) => this.page(subPage).directoryAt);
    const tags = new Map(standardTags(page).map((entry) => [entry[0], entry]));
    tags.set(tile ? 324 : 273, [tile ? 324 : 273, LONG, stored.map(([at]) => at)]);
    tags.set(tile ? 325 : 279, [tile ? 325 : 279, LONG, stored.map(([, length]) => length)]);
    if (below.length > 0) tags.set(330, [330, LONG, below]);
    for (const entry of page.tags ?? []) tags.set(entry[0], entry);
    const entries = [...tags.values()].filter(([, , values]) => values.length > 0).sort(([a], [b]) => a - b);
    const fields = entries.map((entry) => this.entry(entry));
    const count = this.integer(fields.length, this.isBig ? 8 : 2);
    const directoryAt = this.append(join(count, ...fields, this.integer(0, this.offsetBytes)));
    return { directoryAt, nextLinkAt: this.length - this.offsetBytes };
  }

  entry([tag, type, values]) {
    const size = TYPE_BYTES[type];
    const data = Buffer.isBuffer(values) ? values : join(...values.map((value) => this.integer(value, size)));
    const field =
      data.length <= this.offsetBytes
        ? join(data, Buffer.alloc(this.offsetBytes - data.length))
        : this.integer(this.append(data), this.offsetBytes);
    return join(this.integer(tag, 2), this.integer(type, 2), this.integer(data.length / size, this.offsetBytes), field);
  }

  bytes() {
    const whole = Buffer.concat(this.parts);
    for (const [at, value] of this.patches) this.integer(value, this.offsetBytes).copy(whole, at);
    return whole;
  }
}

function standardTags({ width, height, samples, bits, photometric, format = 1, tile, isPlanar, isLsbFirst }) {
  const all = (value) => Array(samples).fill(value);
  return [
    [256, LONG, [width]],
    [257, LONG, [height]],
    [258, SHORT, all(bits)],
    [259, SHORT, [1]],
    [262, SHORT, [photometric]],
    [277, SHORT, [samples]],
    [284, SHORT, [isPlanar ? 2 : 1]],
    ...(isLsbFirst ? [[266, SHORT, [2]]] : []),
    ...(format === 1 ? [] : [[339, SHORT, all(format)]]),
    ...(tile
      ? [
          [322, SHORT, [tile]],
          [323, SHORT, [tile]],
        ]
      : [[278, LONG, [STRIP_ROWS]]]),
  ];
}

const STRIP_ROWS = 16;

/** Strips or tiles, plane after plane where planes are apart. */
function segments({ width, height, samples, values, bits, format, tile, isPlanar, isLsbFirst }, writer) {
  const planes = isPlanar
    ? Array.from({ length: samples }, (_, i) => [i])
    : [Array.from({ length: samples }, (_, i) => i)];
  const [across, down] = tile ? [tile, tile] : [width, STRIP_ROWS];
  const found = [];
  for (const plane of planes) {
    for (let top = 0; top < height; top += down) {
      for (let left = 0; left < width; left += across) {
        const rows = [];
        for (let y = top; y < (tile ? top + down : Math.min(height, top + down)); y++) {
          const row = [];
          for (let x = left; x < left + across; x++) {
            const at = (Math.min(y, height - 1) * width + Math.min(x, width - 1)) * samples;
            for (const sample of plane) row.push(values[at + sample]);
          }
          rows.push(packed(row, bits, format, writer));
        }
        found.push(isLsbFirst ? join(...rows).map(reversed) : join(...rows));
      }
    }
  }
  return found;
}

function packed(row, bits, format, writer) {
  if (format === 3) return join(...row.map((value) => floatBytes(value, bits, writer)));
  if (bits % 8 === 0) return join(...row.map((value) => writer.integer(value, bits / 8)));
  let text = '';
  for (const value of row) text += value.toString(2).padStart(bits, '0');
  return Buffer.from(text.match(/.{1,8}/g).map((byte) => parseInt(byte.padEnd(8, '0'), 2)));
}

function floatBytes(value, bits, writer) {
  const wide = Buffer.alloc(8);
  if (bits === 64) wide.writeDoubleBE(value);
  if (bits === 64) return writer.isBigEndian ? wide : wide.reverse();
  wide.writeFloatBE(value);
  const single = wide.readUInt32BE();
  if (bits === 32) return writer.integer(single, 4);
  // Half precision, for numbers from 0 to 1 that are no denormals.
  return writer.integer(value < 2 ** -14 ? 0 : (((single >> 23) - 112) << 10) | ((single >> 13) & 1023), 2);
}

function reversed(byte) {
  return parseInt(byte.toString(2).padStart(8, '0').split('').reverse().join(''), 2);
}
