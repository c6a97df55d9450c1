// Means along lines and filters across them, four pixels at a time. A tangents field is two f32 per pixel, a unit vector.

/** Adding it to a number of -2^22..2^22 rounds to a whole one, whose bits follow from the sum's. */
const ROUNDER: f32 = 12582912;
const ROUNDER_BITS: i32 = 0x4b400000;

/** Bilinear samples of a plane at four places within it. @param x 0..width-1 @param y 0..height-1 */
// @ts-ignore: decorator
@inline
function sample4(plane: usize, width: i32, height: i32, x: v128, y: v128): v128 {
  const rounder = f32x4.splat(ROUNDER);
  const half = f32x4.splat(0.5);
  const bits = i32x4.splat(ROUNDER_BITS);
  const ix = i32x4.min_s(
    i32x4.sub(f32x4.add(f32x4.sub(x, half), rounder), bits),
    i32x4.splat(max(0, width - 2)),
  );
  const iy = i32x4.min_s(
    i32x4.sub(f32x4.add(f32x4.sub(y, half), rounder), bits),
    i32x4.splat(max(0, height - 2)),
  );
  const fx = f32x4.sub(x, f32x4.convert_i32x4_s(ix));
  const fy = f32x4.sub(y, f32x4.convert_i32x4_s(iy));
  const i = i32x4.shl(i32x4.add(i32x4.mul(iy, i32x4.splat(width)), ix), 2);
  const a = plane + <usize>i32x4.extract_lane(i, 0);
  const b = plane + <usize>i32x4.extract_lane(i, 1);
  const c = plane + <usize>i32x4.extract_lane(i, 2);
  const d = plane + <usize>i32x4.extract_lane(i, 3);
  const row: usize = height > 1 ? <usize>width << 2 : 0;
  const topAb = v128.load64_lane(b, v128.load64_zero(a), 1);
  const topCd = v128.load64_lane(d, v128.load64_zero(c), 1);
  const bottomAb = v128.load64_lane(b + row, v128.load64_zero(a + row), 1);
  const bottomCd = v128.load64_lane(d + row, v128.load64_zero(c + row), 1);
  const left = v128.shuffle<f32>(topAb, topCd, 0, 2, 4, 6);
  const right = v128.shuffle<f32>(topAb, topCd, 1, 3, 5, 7);
  const left2 = v128.shuffle<f32>(bottomAb, bottomCd, 0, 2, 4, 6);
  const right2 = v128.shuffle<f32>(bottomAb, bottomCd, 1, 3, 5, 7);
  const top = f32x4.add(left, f32x4.mul(f32x4.sub(right, left), fx));
  const bottom = f32x4.add(left2, f32x4.mul(f32x4.sub(right2, left2), fx));
  return f32x4.add(top, f32x4.mul(f32x4.sub(bottom, top), fy));
}

// @ts-ignore: decorator
@inline
function clamp4(v: v128, most: v128): v128 {
  return f32x4.pmin(most, f32x4.pmax(f32x4.splat(0), v));
}

/** Addresses of the tangents nearest to four places within the field. */
// @ts-ignore: decorator
@inline
function nearest4(tangents: usize, width: i32, x: v128, y: v128): v128 {
  const rounder = f32x4.splat(ROUNDER);
  const bits = i32x4.splat(ROUNDER_BITS);
  const ix = i32x4.sub(f32x4.add(x, rounder), bits);
  const iy = i32x4.sub(f32x4.add(y, rounder), bits);
  return i32x4.add(i32x4.splat(<i32>tangents), i32x4.shl(i32x4.add(i32x4.mul(iy, i32x4.splat(width)), ix), 3));
}

// @ts-ignore: decorator
@inline
function pair(i: v128): v128 {
  return v128.load64_lane(
    <usize>i32x4.extract_lane(i, 1),
    v128.load64_zero(<usize>i32x4.extract_lane(i, 0)),
    1,
  );
}

// @ts-ignore: decorator
@inline
function pair2(i: v128): v128 {
  return v128.load64_lane(
    <usize>i32x4.extract_lane(i, 3),
    v128.load64_zero(<usize>i32x4.extract_lane(i, 2)),
    1,
  );
}

/** Stores up to four values of a row. */
// @ts-ignore: decorator
@inline
function storeUpTo4(at: usize, v: v128, count: i32): void {
  if (count >= 4) {
    v128.store(at, v);
    return;
  }
  store<f32>(at, f32x4.extract_lane(v, 0));
  if (count > 1) store<f32>(at + 4, f32x4.extract_lane(v, 1));
  if (count > 2) store<f32>(at + 8, f32x4.extract_lane(v, 2));
}

/** A mean along the lines. */
@unmanaged
export class MeanAlong {
  plane: usize;
  tangents: usize;
  out: usize;
  width: i32;
  height: i32;
  /** `taps` f32 of unit sum over both sides, for 0, 1, 2, … steps. */
  kernel: usize;
  taps: i32;
  /** Pixels between samples. */
  step: f32;
}

/**
 * Weighted mean along the lines (line integral convolution, Cabral and Leedom 1993).
 * @param parameters see {@link MeanAlong}
 */
export function meanAlong(parameters: usize, from: i32, to: i32): void {
  const p = changetype<MeanAlong>(parameters);
  const plane = p.plane;
  const tangents = p.tangents;
  const out = p.out;
  const width = p.width;
  const height = p.height;
  const kernel = p.kernel;
  const taps = p.taps;
  const step = p.step;
  const maxX = f32x4.splat(<f32>(width - 1));
  const maxY = f32x4.splat(<f32>(height - 1));
  const stride = f32x4.splat(step);
  const sign = i32x4.splat(0x80000000);
  for (let y = from; y < to; y++) {
    const y0 = f32x4.splat(<f32>y);
    for (let x = 0; x < width; x += 4) {
      const x0 = f32x4.pmin(maxX, f32x4.add(f32x4.splat(<f32>x), f32x4(0, 1, 2, 3)));
      const i = nearest4(tangents, width, x0, y0);
      const ab = pair(i);
      const cd = pair2(i);
      const tx = v128.shuffle<f32>(ab, cd, 0, 2, 4, 6);
      const ty = v128.shuffle<f32>(ab, cd, 1, 3, 5, 7);
      let sum = f32x4.mul(v128.load32_splat(kernel), sample4(plane, width, height, x0, y0));
      for (let side = 0; side < 2; side++) {
        let dx = side == 0 ? tx : v128.xor(tx, sign);
        let dy = side == 0 ? ty : v128.xor(ty, sign);
        let px = x0;
        let py = y0;
        for (let k = 1; k < taps; k++) {
          px = clamp4(f32x4.add(px, f32x4.mul(stride, dx)), maxX);
          py = clamp4(f32x4.add(py, f32x4.mul(stride, dy)), maxY);
          const w = v128.load32_splat(kernel + (<usize>k << 2));
          sum = f32x4.add(sum, f32x4.mul(w, sample4(plane, width, height, px, py)));
          if (k + 1 == taps) break;
          const j = nearest4(tangents, width, px, py);
          const ab2 = pair(j);
          const cd2 = pair2(j);
          const nx = v128.shuffle<f32>(ab2, cd2, 0, 2, 4, 6);
          const ny = v128.shuffle<f32>(ab2, cd2, 1, 3, 5, 7);
          const back = v128.and(sign, f32x4.add(f32x4.mul(nx, dx), f32x4.mul(ny, dy)));
          dx = v128.xor(nx, back);
          dy = v128.xor(ny, back);
        }
      }
      storeUpTo4(out + (<usize>(y * width + x) << 2), sum, width - x);
    }
  }
}

/** A filter across the lines. */
@unmanaged
export class FilterAcross {
  plane: usize;
  tangents: usize;
  /** The even sum; with `odd` the cosine of the phase that the two sums make. */
  out: usize;
  width: i32;
  height: i32;
  /** `taps` f32 for 0, 1, 2, … steps to either side. */
  even: usize;
  /** Likewise, counted negative on one side; 0 for none. */
  odd: usize;
  taps: i32;
  /** Pixels between samples. */
  step: f32;
}

/**
 * Filter across the lines.
 * @param parameters see {@link FilterAcross}
 */
export function filterAcrossLines(parameters: usize, from: i32, to: i32): void {
  const p = changetype<FilterAcross>(parameters);
  const plane = p.plane;
  const tangents = p.tangents;
  const out = p.out;
  const width = p.width;
  const height = p.height;
  const even = p.even;
  const odd = p.odd;
  const taps = p.taps;
  const step = p.step;
  const maxX = f32x4.splat(<f32>(width - 1));
  const maxY = f32x4.splat(<f32>(height - 1));
  for (let y = from; y < to; y++) {
    const y0 = f32x4.splat(<f32>y);
    for (let x = 0; x < width; x += 4) {
      const x0 = f32x4.pmin(maxX, f32x4.add(f32x4.splat(<f32>x), f32x4(0, 1, 2, 3)));
      const i = nearest4(tangents, width, x0, y0);
      const ab = pair(i);
      const cd = pair2(i);
      const tx = v128.shuffle<f32>(ab, cd, 0, 2, 4, 6);
      const ty = v128.shuffle<f32>(ab, cd, 1, 3, 5, 7);
      let re = f32x4.mul(v128.load32_splat(even), sample4(plane, width, height, x0, y0));
      let im = f32x4.splat(0);
      for (let k = 1; k < taps; k++) {
        const reach = f32x4.splat(<f32>k * step);
        const dx = f32x4.mul(reach, ty);
        const dy = f32x4.mul(reach, tx);
        const ahead = sample4(
          plane,
          width,
          height,
          clamp4(f32x4.sub(x0, dx), maxX),
          clamp4(f32x4.add(y0, dy), maxY),
        );
        const behind = sample4(
          plane,
          width,
          height,
          clamp4(f32x4.add(x0, dx), maxX),
          clamp4(f32x4.sub(y0, dy), maxY),
        );
        re = f32x4.add(re, f32x4.mul(v128.load32_splat(even + (<usize>k << 2)), f32x4.add(ahead, behind)));
        if (odd) im = f32x4.add(im, f32x4.mul(v128.load32_splat(odd + (<usize>k << 2)), f32x4.sub(ahead, behind)));
      }
      if (odd) {
        const power = f32x4.add(f32x4.add(f32x4.mul(re, re), f32x4.mul(im, im)), f32x4.splat(1e-9));
        re = f32x4.div(re, f32x4.sqrt(power));
      }
      storeUpTo4(out + (<usize>(y * width + x) << 2), re, width - x);
    }
  }
}
