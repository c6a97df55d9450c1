// A texel is four f32: red, green, blue and Rec. 709 luma, each 0..1. Planes are one f32 per pixel.

/** Texels of RGB bytes. */
export function texelsFromRgb(rgb: usize, texels: usize, width: i32, from: i32, to: i32): void {
  const n = <usize>width * <usize>(to - from);
  let i = rgb + <usize>width * <usize>from * 3;
  let o = texels + <usize>width * <usize>from * 16;
  for (let x: usize = 0; x < n; x++) {
    const r = <f32>load<u8>(i) / 255;
    const g = <f32>load<u8>(i + 1) / 255;
    const b = <f32>load<u8>(i + 2) / 255;
    store<f32>(o, r);
    store<f32>(o + 4, g);
    store<f32>(o + 8, b);
    store<f32>(o + 12, <f32>0.2126 * r + <f32>0.7152 * g + <f32>0.0722 * b);
    i += 3;
    o += 16;
  }
}

/** One of the four values of each texel as a plane. @param lane 0..3 */
export function planeOfLane(texels: usize, plane: usize, lane: i32, width: i32, from: i32, to: i32): void {
  const n = <usize>width * <usize>(to - from);
  let i = texels + <usize>width * <usize>from * 16 + <usize>lane * 4;
  let o = plane + <usize>width * <usize>from * 4;
  for (let x: usize = 0; x < n; x++) {
    store<f32>(o, load<f32>(i));
    i += 16;
    o += 4;
  }
}

// @ts-ignore: decorator
@inline
function linearAt(table: usize, value: f32): f32 {
  const v = value * 255;
  const clamped: f32 = v < 0 ? 0 : v > 255 ? 255 : v;
  const low = <i32>clamped;
  const i = low > 254 ? 254 : low;
  const a = load<f32>(table + (<usize>i << 2));
  return a + (load<f32>(table + (<usize>i << 2) + 4) - a) * (clamped - <f32>i);
}

// @ts-ignore: decorator
@inline
function cubeRoot(table: usize, x: f32): f32 {
  // The table holds roots of i / 4096; one Newton step makes up for its width except close to black.
  const clamped: f32 = x < 0 ? 0 : x > 1 ? 1 : x;
  const at = clamped * 4096;
  const low = <i32>at;
  const i = low > 4095 ? 4095 : low;
  const a = load<f32>(table + (<usize>i << 2));
  const guess = a + (load<f32>(table + (<usize>i << 2) + 4) - a) * (at - <f32>i);
  if (i < 4) return guess;
  return guess - (guess * guess * guess - clamped) / (3 * guess * guess);
}

/**
 * OKLab (Ottosson 2020) of the red, green and blue of texels; the fourth value is copied.
 * @param linear 256 f32: linear light of sRGB bytes
 * @param roots 4097 f32: cube roots of i / 4096
 * @param weight gain on a and b
 */
export function oklabTexels(
  texels: usize,
  out: usize,
  linear: usize,
  roots: usize,
  weight: f32,
  width: i32,
  from: i32,
  to: i32,
): void {
  const n = <usize>width * <usize>(to - from);
  let i = <usize>width * <usize>from * 16;
  for (let x: usize = 0; x < n; x++) {
    const r = linearAt(linear, load<f32>(texels + i));
    const g = linearAt(linear, load<f32>(texels + i + 4));
    const b = linearAt(linear, load<f32>(texels + i + 8));
    const l = cubeRoot(roots, <f32>0.4122214708 * r + <f32>0.5363325363 * g + <f32>0.0514459929 * b);
    const m = cubeRoot(roots, <f32>0.2119034982 * r + <f32>0.6806995451 * g + <f32>0.1073969566 * b);
    const s = cubeRoot(roots, <f32>0.0883024619 * r + <f32>0.2817188376 * g + <f32>0.6299787005 * b);
    store<f32>(out + i, <f32>0.2104542553 * l + <f32>0.793617785 * m - <f32>0.0040720468 * s);
    store<f32>(out + i + 4, weight * (<f32>1.9779984951 * l - <f32>2.428592205 * m + <f32>0.4505937099 * s));
    store<f32>(out + i + 8, weight * (<f32>0.0259040371 * l + <f32>0.7827717662 * m - <f32>0.808675766 * s));
    store<f32>(out + i + 12, load<f32>(texels + i + 12));
    i += 16;
  }
}

/**
 * Index of the nearest of k centers for each texel, by its first three values; the lowest one on a tie.
 * @param centers four f32 each, the fourth 0
 */
export function nearestLabels(texels: usize, labels: usize, centers: usize, k: i32, width: i32, from: i32, to: i32): void {
  const n = <usize>width * <usize>(to - from);
  const start = <usize>width * <usize>from;
  for (let x: usize = start; x < start + n; x++) {
    const p = f32x4.replace_lane(v128.load(texels + (x << 4)), 3, 0);
    let best: u8 = 0;
    let least: f32 = f32.MAX_VALUE;
    for (let c = 0; c < k; c++) {
      const d = f32x4.sub(p, v128.load(centers + (<usize>c << 4)));
      const q = f32x4.mul(d, d);
      const distance = f32x4.extract_lane(q, 0) + f32x4.extract_lane(q, 1) + f32x4.extract_lane(q, 2);
      if (distance < least) {
        least = distance;
        best = <u8>c;
      }
    }
    store<u8>(labels + x, best);
  }
}
