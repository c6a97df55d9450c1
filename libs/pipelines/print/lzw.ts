/**
 * LZW as TIFF readers expect it: codes packed from the highest bit, the code length growing one code early, a clear code
 * first and again before the table is full.
 */

const CLEAR = 256;
const END = 257;
const FIRST_FREE = 258;
const TABLE_FULL = 4094;
const SLOTS = 1 << 14;
const GENERATIONS = 1 << 11;

/** Compresses strips one after another, reusing its table. */
export class LzwEncoder {
  // A slot holds string key (20 bits: prefix code and next byte) and the generation in which it was filled, so that a
  // clear code costs nothing.
  private readonly keys = new Int32Array(SLOTS);
  private readonly codes = new Uint16Array(SLOTS);
  private generation = 0;

  /** Bytes that a strip of `length` bytes needs at worst. */
  static worstCase(length: number): number {
    return Math.ceil(length * 1.52) + 16;
  }

  /**
   * Compresses one strip, from its clear code to its end code.
   * @param out at least {@link worstCase} bytes
   * @returns bytes written
   */
  encode(input: Uint8Array, length: number, out: Uint8Array): number {
    const { keys, codes } = this;
    let bits = CLEAR;
    let pending = 9;
    let at = 0;
    let width = 9;
    let limit = 511;
    let free = FIRST_FREE;
    let stamp = this.nextStamp();
    let prefix = length > 0 ? input[0] : -1;
    for (let i = 1; i < length; i++) {
      const byte = input[i];
      const key = stamp | (prefix << 8) | byte;
      let slot = (Math.imul((prefix << 8) | byte, 0x9e3779b1) >>> 18) & (SLOTS - 1);
      let seen = keys[slot];
      while (seen !== key && (seen & ~0xfffff) === stamp) {
        slot = (slot + 1) & (SLOTS - 1);
        seen = keys[slot];
      }
      if (seen === key) {
        prefix = codes[slot];
        continue;
      }
      bits = (bits << width) | prefix;
      pending += width;
      while (pending >= 8) {
        pending -= 8;
        out[at++] = bits >>> pending;
      }
      prefix = byte;
      keys[slot] = key;
      codes[slot] = free++;
      if (free === TABLE_FULL) {
        bits = (bits << width) | CLEAR;
        pending += width;
        stamp = this.nextStamp();
        [free, width, limit] = [FIRST_FREE, 9, 511];
      } else if (free > limit) {
        width++;
        limit = (1 << width) - 1;
      }
    }
    return finish(out, { at, bits, pending, width, free }, prefix);
  }

  private nextStamp(): number {
    this.generation++;
    if (this.generation >= GENERATIONS) {
      this.keys.fill(0);
      this.generation = 1;
    }
    return this.generation << 20;
  }
}

/** Where a strip stands when its input is used up. */
interface Tail {
  at: number;
  bits: number;
  pending: number;
  readonly width: number;
  readonly free: number;
}

/** Writes the last string, if there is one, the end code and the bits left over. @returns bytes written in all */
function finish(out: Uint8Array, tail: Tail, prefix: number): number {
  let { width } = tail;
  if (prefix >= 0) {
    put(out, tail, prefix, width);
    // Readers count this string too, before they read the end code.
    const free = tail.free + 1;
    if (free === TABLE_FULL) {
      put(out, tail, CLEAR, width);
      width = 9;
    } else if (free >= 1 << width) width++;
  }
  put(out, tail, END, width);
  if (tail.pending > 0) out[tail.at++] = tail.bits << (8 - tail.pending);
  return tail.at;
}

function put(out: Uint8Array, tail: Tail, code: number, width: number): void {
  drain(out, tail);
  tail.bits = (tail.bits << width) | code;
  tail.pending += width;
  drain(out, tail);
}

function drain(out: Uint8Array, tail: Tail): void {
  while (tail.pending >= 8) {
    tail.pending -= 8;
    out[tail.at++] = tail.bits >>> tail.pending;
  }
}
