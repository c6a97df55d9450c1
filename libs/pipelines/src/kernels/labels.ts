import { sum4 } from './lanes';

// Label fields: one byte per working pixel. At most 32 labels, so that a set of them fits an i32.

/**
 * Gives every pixel the most frequent label of its (2 radius + 1) square; its own label wins ties, then the lowest.
 * @param counts scratch, k i32 per row
 */
export function modeFilter(
  labels: usize,
  out: usize,
  width: i32,
  height: i32,
  radius: i32,
  k: i32,
  counts: usize,
  from: i32,
  to: i32,
): void {
  for (let y = from; y < to; y++) {
    const own = counts + <usize>(y * k) * 4;
    memory.fill(own, 0, <usize>k * 4);
    const top = max(0, y - radius);
    const bottom = min(height - 1, y + radius);
    for (let x = 0; x < radius && x < width; x++) countColumn(labels, width, x, top, bottom, own, 1);
    for (let x = 0; x < width; x++) {
      if (x + radius < width) countColumn(labels, width, x + radius, top, bottom, own, 1);
      if (x - radius - 1 >= 0) countColumn(labels, width, x - radius - 1, top, bottom, own, -1);
      let best = <i32>load<u8>(labels + <usize>(y * width + x));
      let most = load<i32>(own + (<usize>best << 2));
      const window = (bottom - top + 1) * (min(x + radius, width - 1) - max(x - radius, 0) + 1);
      // Where one label has more than half of the window no other can have more.
      for (let label = 0; label < k && 2 * most < window; label++) {
        const count = load<i32>(own + (<usize>label << 2));
        if (count > most) {
          most = count;
          best = label;
        }
      }
      store<u8>(out + <usize>(y * width + x), <u8>best);
    }
  }
}

// @ts-ignore: decorator
@inline
function countColumn(labels: usize, width: i32, x: i32, top: i32, bottom: i32, counts: usize, by: i32): void {
  for (let y = top; y <= bottom; y++) {
    const at = counts + (<usize>load<u8>(labels + <usize>(y * width + x)) << 2);
    store<i32>(at, load<i32>(at) + by);
  }
}

/**
 * Gives every 4-connected region smaller than `minArea` pixels to the neighbor with which it shares most border.
 * @param seen scratch, one byte per pixel
 * @param region scratch, one i32 per pixel
 * @param borders scratch, k i32
 * @returns how many regions were merged
 */
export function mergeSmallRegions(
  labels: usize,
  width: i32,
  height: i32,
  k: i32,
  minArea: i32,
  seen: usize,
  region: usize,
  borders: usize,
): i32 {
  const n = width * height;
  memory.fill(seen, 0, n);
  let merged = 0;
  for (let start = 0; start < n; start++) {
    if (load<u8>(seen + start)) continue;
    memory.fill(borders, 0, <usize>k * 4);
    const label = load<u8>(labels + start);
    let size = 1;
    store<i32>(region, start);
    store<u8>(seen + start, 1);
    for (let next = 0; next < size; next++) {
      const i = load<i32>(region + (<usize>next << 2));
      const x = i % width;
      if (x > 0) size = visit(i - 1, label, labels, seen, region, borders, size);
      if (x < width - 1) size = visit(i + 1, label, labels, seen, region, borders, size);
      if (i >= width) size = visit(i - width, label, labels, seen, region, borders, size);
      if (i < n - width) size = visit(i + width, label, labels, seen, region, borders, size);
    }
    if (size >= minArea) continue;
    let best = -1;
    let longest = 0;
    for (let other = 0; other < k; other++) {
      const length = load<i32>(borders + (<usize>other << 2));
      if (length > longest) {
        longest = length;
        best = other;
      }
    }
    if (best < 0) continue;
    for (let i = 0; i < size; i++) store<u8>(labels + load<i32>(region + (<usize>i << 2)), <u8>best);
    merged++;
  }
  return merged;
}

// @ts-ignore: decorator
@inline
function visit(i: i32, label: u8, labels: usize, seen: usize, region: usize, borders: usize, size: i32): i32 {
  const other = load<u8>(labels + i);
  if (other != label) {
    const at = borders + (<usize>other << 2);
    store<i32>(at, load<i32>(at) + 1);
    return size;
  }
  if (load<u8>(seen + i)) return size;
  store<u8>(seen + i, 1);
  store<i32>(region + (<usize>size << 2), i);
  return size + 1;
}

/** A label field on its way to print rows. */
@unmanaged
export class LabelRows {
  labels: usize;
  width: i32;
  height: i32;
  /** 2 * radius + 1 f32 that sum to one. */
  kernel: usize;
  radius: i32;
  k: i32;
  /** f32 per label in `members`, at least width + 5: rows are padded as in upscale.ts. */
  stride: i32;
  /** Four slots of k rows of `stride` f32: memberships of a working row. */
  members: usize;
  /** Four slots of `stride` i32: bit set of the labels within `radius`. */
  masks: usize;
  /** stride + 2 * radius f32. */
  scratch: usize;
  /** Eight f32: weights of the four working rows around a print row, then their change per print row. */
  vertical: usize;
  /** Three i32 each: first tap, first print column, print column behind the last. */
  cells: usize;
  cellCount: i32;
  weights: usize;
  slopes: usize;
  /** u32 per label: R, G, B from the lowest byte. */
  palette: usize;
  /** Scratch, 32 * 32 bytes. */
  blended: usize;
  /** Most that two memberships differ where a pixel can be mixed; below 0 to mix none. */
  ramp: f32;
}

/**
 * Smoothed membership of every label along one working row, and which labels have any.
 * @param parameters see {@link LabelRows}
 * @param slot 0..3, where it goes
 */
export function memberRow(parameters: usize, row: i32, slot: i32): void {
  const p = changetype<LabelRows>(parameters);
  const labels = p.labels;
  const width = p.width;
  const height = p.height;
  const kernel = p.kernel;
  const radius = p.radius;
  const k = p.k;
  const stride = p.stride;
  const members = p.members + <usize>(slot * k * stride) * 4;
  const masks = p.masks + <usize>(slot * stride) * 4;
  const scratch = p.scratch;
  memory.fill(members, 0, <usize>(k * stride) * 4);
  memory.fill(scratch, 0, <usize>width * 4);
  let present = 0;
  for (let tap = -radius; tap <= radius; tap++) {
    const source = labels + <usize>(min(max(row + tap, 0), height - 1) * width);
    const weight = load<f32>(kernel + (<usize>(tap + radius) << 2));
    for (let x = 0; x < width; x++) {
      const label = <i32>load<u8>(source + x);
      const at = members + (<usize>(label * stride + x + 2) << 2);
      store<f32>(at, load<f32>(at) + weight);
      const mask = scratch + (<usize>x << 2);
      store<i32>(mask, load<i32>(mask) | (1 << label));
    }
  }
  for (let i = 0; i < stride; i++) {
    const low = min(max(i - 2 - radius, 0), width - 1);
    const high = max(min(i - 2 + radius, width - 1), 0);
    let mask = 0;
    for (let x = low; x <= high; x++) mask |= load<i32>(scratch + (<usize>x << 2));
    store<i32>(masks + (<usize>i << 2), mask);
    present |= mask;
  }
  for (let label = 0; label < k; label++) {
    if (present & (1 << label)) blurPadded(members + (<usize>(label * stride) << 2), width, kernel, radius, scratch);
  }
}

function blurPadded(row: usize, width: i32, kernel: usize, radius: i32, scratch: usize): void {
  const first = row + 8;
  const values = scratch + (<usize>radius << 2);
  memory.copy(values, first, <usize>width * 4);
  for (let i = 1; i <= radius; i++) {
    store<f32>(values - (<usize>i << 2), load<f32>(first));
    store<f32>(values + (<usize>(width - 1 + i) << 2), load<f32>(first + (<usize>(width - 1) << 2)));
  }
  const taps = 2 * radius + 1;
  let x = 0;
  for (; x + 4 <= width; x += 4) {
    let sum = f32x4.splat(0);
    for (let j = 0; j < taps; j++) {
      sum = f32x4.add(
        sum,
        f32x4.mul(v128.load32_splat(kernel + (<usize>j << 2)), v128.load(scratch + (<usize>(x + j) << 2))),
      );
    }
    v128.store(first + (<usize>x << 2), sum);
  }
  for (; x < width; x++) {
    let sum: f32 = 0;
    for (let j = 0; j < taps; j++) sum += load<f32>(kernel + (<usize>j << 2)) * load<f32>(scratch + (<usize>(x + j) << 2));
    store<f32>(first + (<usize>x << 2), sum);
  }
  const a = load<f32>(first);
  const b = load<f32>(first + (<usize>(width - 1) << 2));
  store<f32>(row, a);
  store<f32>(row + 4, a);
  for (let i = 0; i < 3; i++) store<f32>(first + (<usize>(width + i) << 2), b);
}

// @ts-ignore: decorator
@inline
function blend(r0: usize, r1: usize, r2: usize, r3: usize, w: usize, at: usize): v128 {
  return f32x4.add(
    f32x4.add(
      f32x4.mul(v128.load32_splat(w), v128.load(r0 + at)),
      f32x4.mul(v128.load32_splat(w + 4), v128.load(r1 + at)),
    ),
    f32x4.add(
      f32x4.mul(v128.load32_splat(w + 8), v128.load(r2 + at)),
      f32x4.mul(v128.load32_splat(w + 12), v128.load(r3 + at)),
    ),
  );
}

// @ts-ignore: decorator
@inline
function masksAt(m: usize, i: usize): v128 {
  return v128.load(m + i);
}

/**
 * One print row of a label field with smooth, sharp borders: each label's membership is a cubic B-spline and the strongest
 * one wins. Cells with one label alone are filled flat.
 * @param parameters see {@link LabelRows}
 * @param s0,s1,s2,s3 slots of the four working rows around, see {@link memberRow}
 * @param out RGB of the row; one byte behind it is overwritten
 */
export function labelRow(parameters: usize, s0: i32, s1: i32, s2: i32, s3: i32, out: usize): void {
  const p = changetype<LabelRows>(parameters);
  const stride = p.stride;
  const rowBytes = <usize>stride * 4;
  const slotBytes = <usize>p.k * rowBytes;
  const r0 = p.members + <usize>s0 * slotBytes;
  const r1 = p.members + <usize>s1 * slotBytes;
  const r2 = p.members + <usize>s2 * slotBytes;
  const r3 = p.members + <usize>s3 * slotBytes;
  const m0 = p.masks + <usize>s0 * rowBytes;
  const m1 = p.masks + <usize>s1 * rowBytes;
  const m2 = p.masks + <usize>s2 * rowBytes;
  const m3 = p.masks + <usize>s3 * rowBytes;
  const vertical = p.vertical;
  const cells = p.cells;
  const cellCount = p.cellCount;
  const weights = p.weights;
  const slopes = p.slopes;
  const palette = p.palette;
  const blended = p.blended;
  const ramp = p.ramp;
  for (let c = 0; c < cellCount; c++) {
    const cell = cells + <usize>(c * 12);
    const i = <usize>load<i32>(cell) << 2;
    const from = load<i32>(cell + 4);
    const to = load<i32>(cell + 8);
    const all = v128.or(v128.or(masksAt(m0, i), masksAt(m1, i)), v128.or(masksAt(m2, i), masksAt(m3, i)));
    const mask =
      i32x4.extract_lane(all, 0) | i32x4.extract_lane(all, 1) | i32x4.extract_lane(all, 2) | i32x4.extract_lane(all, 3);
    let o = out + <usize>from * 3;
    if ((mask & (mask - 1)) == 0) {
      const color = load<u32>(palette + (<usize>ctz(mask) << 2));
      for (let x = from; x < to; x++, o += 3) store<u32>(o, color);
      continue;
    }
    for (let rest = mask; rest != 0; rest &= rest - 1) {
      const label = ctz(rest);
      const at = (<usize>(label * stride) << 2) + i;
      v128.store(blended + (<usize>label << 5), blend(r0, r1, r2, r3, vertical, at));
      if (ramp >= 0) v128.store(blended + (<usize>label << 5) + 16, blend(r0, r1, r2, r3, vertical + 16, at));
    }
    for (let x = from; x < to; x++, o += 3) {
      const w = v128.load(weights + (<usize>x << 4));
      let first = 0;
      let second = 0;
      let most: f32 = -1;
      let next: f32 = -1;
      for (let rest = mask; rest != 0; rest &= rest - 1) {
        const label = ctz(rest);
        const m = sum4(f32x4.mul(v128.load(blended + (<usize>label << 5)), w));
        if (m > most) {
          second = first;
          next = most;
          first = label;
          most = m;
        } else if (m > next) {
          second = label;
          next = m;
        }
      }
      const color = load<u32>(palette + (<usize>first << 2));
      const margin = most - next;
      if (margin >= ramp) {
        store<u32>(o, color);
        continue;
      }
      const a = blended + (<usize>first << 5);
      const b = blended + (<usize>second << 5);
      const dx = sum4(f32x4.mul(f32x4.sub(v128.load(a), v128.load(b)), v128.load(slopes + (<usize>x << 4))));
      const dy = sum4(f32x4.mul(f32x4.sub(v128.load(a + 16), v128.load(b + 16)), w));
      const slope = sqrt<f32>(dx * dx + dy * dy);
      if (slope * 0.5 <= margin) {
        store<u32>(o, color);
        continue;
      }
      const share = <i32>((<f32>0.5 + margin / slope) * 256);
      const other = load<u32>(palette + (<usize>second << 2));
      store<u32>(o, mix(other, color, share));
    }
  }
}

/** Two packed colors, `share` 0..256 of the second. */
// @ts-ignore: decorator
@inline
export function mix(a: u32, b: u32, share: i32): u32 {
  const rest = 256 - share;
  const r = (<i32>(a & 255) * rest + <i32>(b & 255) * share + 128) >> 8;
  const g = (<i32>((a >> 8) & 255) * rest + <i32>((b >> 8) & 255) * share + 128) >> 8;
  const blue = (<i32>((a >> 16) & 255) * rest + <i32>((b >> 16) & 255) * share + 128) >> 8;
  return <u32>r | (<u32>g << 8) | (<u32>blue << 16);
}
