// LZW as TIFF readers expect it: codes packed from the highest bit, the code length growing one code early, a clear code
// first and again before the table is full (TIFF 6.0, section 13; the limits are those of libtiff).

const CLEAR: u32 = 256;
const END: u32 = 257;
const FIRST_FREE: u32 = 258;
const TABLE_FULL: u32 = 4094;
const SLOT_BITS: u32 = 13;
const SLOTS: u32 = 1 << SLOT_BITS;

// Layout of the table's memory: SLOTS u64 of (stamp 12 bits, prefix 12 bits, byte 8 bits) << 32 | code, then one u32 with
// the last stamp, then the codes of runs of zeros by length.
const STAMP_AT: usize = SLOTS * 8;
const RUNS_AT: usize = STAMP_AT + 16;

/** Bytes of memory that {@link lzwEncode} needs for its table; zero it once before the first strip. */
export function lzwTableBytes(): usize {
  return RUNS_AT + 4096 * 2 + 16;
}

// @ts-ignore: decorator
@inline
function nextStamp(table: usize): u32 {
  let stamp = load<u32>(table + STAMP_AT) + 1;
  if (stamp == 4096) {
    memory.fill(table, 0, STAMP_AT);
    stamp = 1;
  }
  store<u32>(table + STAMP_AT, stamp);
  return stamp << 20;
}

/** How many zero bytes follow from `at`, up to `end`. */
// @ts-ignore: decorator
@inline
function zeroRun(at: usize, end: usize): usize {
  let p = at;
  while (p + 16 <= end && !v128.any_true(v128.load(p))) p += 16;
  while (p < end && load<u8>(p) == 0) p++;
  return p - at;
}

/**
 * Compresses one strip, from its clear code to its end code.
 * Runs of zeros, which the predictor makes of every flat area, are matched whole instead of byte by byte.
 * @param out room for length * 1.52 + 16 bytes
 * @returns bytes written
 */
export function lzwEncode(input: usize, length: usize, out: usize, table: usize): usize {
  const end = input + length;
  const runs = table + RUNS_AT;
  let bits: u64 = CLEAR;
  let pending: u32 = 9;
  let to = out;
  let width: u32 = 9;
  let limit: u32 = 511;
  let free: u32 = FIRST_FREE;
  let stamp = nextStamp(table);
  let longest: u32 = 1;
  store<u16>(runs + 2, 0);
  let at = input;
  let prefix: u32 = 0;
  let open = false;
  while (at < end) {
    if (!open) {
      open = true;
      prefix = load<u8>(at++);
      if (prefix == 0) {
        const run = <u32>zeroRun(at, end) + 1;
        const matched = run < longest ? run : longest;
        prefix = load<u16>(runs + 2 * matched);
        at += matched - 1;
        if (run > longest) {
          // The string of one zero more is new: emit this one, learn that one, and start again at the next zero.
          bits = (bits << width) | prefix;
          pending += width;
          longest++;
          store<u16>(runs + 2 * longest, <u16>free);
          open = false;
        }
      }
    } else {
      const byte: u32 = load<u8>(at);
      const string = (prefix << 8) | byte;
      const key = stamp | string;
      let slot = (string * 0x9e3779b1) >>> (32 - SLOT_BITS);
      let entry = load<u64>(table + (slot << 3));
      let seen = <u32>(entry >>> 32);
      while (seen != key && (seen & 0xfff00000) == stamp) {
        slot = (slot + 1) & (SLOTS - 1);
        entry = load<u64>(table + (slot << 3));
        seen = <u32>(entry >>> 32);
      }
      if (seen == key) {
        prefix = <u32>entry;
        at++;
        continue;
      }
      bits = (bits << width) | prefix;
      pending += width;
      store<u64>(table + (slot << 3), (<u64>key << 32) | free);
      open = false;
    }
    if (open) continue;
    while (pending >= 8) {
      pending -= 8;
      store<u8>(to++, <u8>(bits >>> pending));
    }
    free++;
    if (free == TABLE_FULL) {
      bits = (bits << width) | CLEAR;
      pending += width;
      stamp = nextStamp(table);
      free = FIRST_FREE;
      width = 9;
      limit = 511;
      longest = 1;
    } else if (free > limit) {
      width++;
      limit = (1 << width) - 1;
    }
  }
  if (open) {
    bits = (bits << width) | prefix;
    pending += width;
    // Readers count this string too, before they read the end code.
    free++;
    if (free == TABLE_FULL) {
      while (pending >= 8) {
        pending -= 8;
        store<u8>(to++, <u8>(bits >>> pending));
      }
      bits = (bits << width) | CLEAR;
      pending += width;
      width = 9;
    } else if (free > limit) width++;
  }
  while (pending >= 8) {
    pending -= 8;
    store<u8>(to++, <u8>(bits >>> pending));
  }
  bits = (bits << width) | END;
  pending += width;
  while (pending >= 8) {
    pending -= 8;
    store<u8>(to++, <u8>(bits >>> pending));
  }
  if (pending > 0) store<u8>(to++, <u8>(bits << (8 - pending)));
  return to - out;
}

/**
 * Differences to the pixel on the left (TIFF predictor 2), row by row.
 * @param channels bytes per pixel, 1..4
 */
export function predictRows(input: usize, out: usize, rowBytes: usize, channels: usize, rows: usize): void {
  for (let y: usize = 0; y < rows; y++) {
    const row = input + y * rowBytes;
    const to = out + y * rowBytes;
    for (let i: usize = 0; i < channels && i < rowBytes; i++) store<u8>(to + i, load<u8>(row + i));
    let i = channels;
    for (; i + 16 <= rowBytes; i += 16) {
      v128.store(to + i, i8x16.sub(v128.load(row + i), v128.load(row + i - channels)));
    }
    for (; i < rowBytes; i++) store<u8>(to + i, load<u8>(row + i) - load<u8>(row + i - channels));
  }
}
