// Rows of a PNG before they are deflated, and the checksum of the stream that they make.

const BYTES_PER_PIXEL: usize = 3;
const SUB: u8 = 1;
const UP: u8 = 2;

/**
 * Filters the rows of one strip, RGB, each behind the byte that names its filter. The first row is predicted by its left
 * neighbors (Sub), for the row above belongs to another strip; a row below by whichever of left and above (Up) leaves the
 * smaller sum of absolute differences, by left when they are equal.
 * @param out room for (rowBytes + 1) * rows bytes
 */
export function filterPngRows(rgb: usize, out: usize, rowBytes: usize, rows: usize): void {
  for (let y: usize = 0; y < rows; y++) {
    const row = rgb + y * rowBytes;
    const above = row - rowBytes;
    const to = out + y * (rowBytes + 1);
    if (y > 0 && differenceSum(row, above, rowBytes) < differenceSub(row, rowBytes)) {
      store<u8>(to, UP);
      subtract(row, above, to + 1, rowBytes);
    } else {
      store<u8>(to, SUB);
      for (let i: usize = 0; i < BYTES_PER_PIXEL; i++) store<u8>(to + 1 + i, load<u8>(row + i));
      const left = row + BYTES_PER_PIXEL;
      subtract(left, row, to + 1 + BYTES_PER_PIXEL, rowBytes - BYTES_PER_PIXEL);
    }
  }
}

function subtract(a: usize, b: usize, out: usize, length: usize): void {
  let i: usize = 0;
  for (; i + 16 <= length; i += 16) v128.store(out + i, i8x16.sub(v128.load(a + i), v128.load(b + i)));
  for (; i < length; i++) store<u8>(out + i, load<u8>(a + i) - load<u8>(b + i));
}

function differenceSub(row: usize, rowBytes: usize): u32 {
  let sum: u32 = 0;
  for (let i: usize = 0; i < BYTES_PER_PIXEL; i++) sum += <u32>abs<i32>(load<i8>(row + i));
  return sum + differenceSum(row + BYTES_PER_PIXEL, row, rowBytes - BYTES_PER_PIXEL);
}

/** Sum of |a - b| over bytes, the differences taken modulo 256 as -128..127. */
function differenceSum(a: usize, b: usize, length: usize): u32 {
  let sums = i32x4.splat(0);
  let i: usize = 0;
  for (; i + 16 <= length; i += 16) {
    const distance = i8x16.abs(i8x16.sub(v128.load(a + i), v128.load(b + i)));
    const pairs = i16x8.extadd_pairwise_i8x16_u(distance);
    sums = i32x4.add(sums, i32x4.extadd_pairwise_i16x8_u(pairs));
  }
  let sum = <u32>(
    (i32x4.extract_lane(sums, 0) +
      i32x4.extract_lane(sums, 1) +
      i32x4.extract_lane(sums, 2) +
      i32x4.extract_lane(sums, 3))
  );
  for (; i < length; i++) sum += <u32>abs<i32>(<i32>(<i8>(load<u8>(a + i) - load<u8>(b + i))));
  return sum;
}

const ADLER_MODULUS: u32 = 65521;
/** Bytes that may be summed before the sums must be reduced (zlib's NMAX, in steps of 16). */
const ADLER_CHUNK: usize = 5552;

/** Adler-32 of some bytes (RFC 1950), begun at 1. */
export function adler32(bytes: usize, length: usize): u32 {
  let low: u32 = 1;
  let high: u32 = 0;
  let at = bytes;
  const end = bytes + length;
  const weightsLow = i16x8(16, 15, 14, 13, 12, 11, 10, 9);
  const weightsHigh = i16x8(8, 7, 6, 5, 4, 3, 2, 1);
  while (at < end) {
    const stop = min(end, at + ADLER_CHUNK);
    let sums = i32x4.splat(0);
    let earlier = i32x4.splat(0);
    let weighted = i32x4.splat(0);
    const start = at;
    for (; at + 16 <= stop; at += 16) {
      const chunk = v128.load(at);
      earlier = i32x4.add(earlier, sums);
      sums = i32x4.add(sums, i32x4.extadd_pairwise_i16x8_u(i16x8.extadd_pairwise_i8x16_u(chunk)));
      weighted = i32x4.add(weighted, i32x4.dot_i16x8_s(i16x8.extend_low_i8x16_u(chunk), weightsLow));
      weighted = i32x4.add(weighted, i32x4.dot_i16x8_s(i16x8.extend_high_i8x16_u(chunk), weightsHigh));
    }
    high = <u32>((<u64>high + <u64>low * <u64>(at - start) + 16 * total(earlier) + total(weighted)) % ADLER_MODULUS);
    low = <u32>((<u64>low + total(sums)) % ADLER_MODULUS);
    for (; at < stop; at++) {
      low += load<u8>(at);
      high += low;
    }
    low %= ADLER_MODULUS;
    high %= ADLER_MODULUS;
  }
  return (high << 16) | low;
}

function total(lanes: v128): u64 {
  return (
    <u64>(<u32>i32x4.extract_lane(lanes, 0)) +
    <u64>(<u32>i32x4.extract_lane(lanes, 1)) +
    <u64>(<u32>i32x4.extract_lane(lanes, 2)) +
    <u64>(<u32>i32x4.extract_lane(lanes, 3))
  );
}
