import { hashUnit } from '../../../kernels/hash';

// Working fields of a watercolor: pigment, edges and the slow noise of water. A texel is four f32.

/** One lattice row of noise, -1..1. @param first column of the first value */
export function washLattice(out: usize, count: i32, first: i32, row: i32, seed: i32): void {
  for (let i = 0; i < count; i++) store<f32>(out + (<usize>i << 2), hashUnit(first + i, row, seed) * 2 - 1);
}

// @ts-ignore: decorator
@inline
function ease(t: f32): f32 {
  return t * t * t * (t * (t * 6 - 15) + 10);
}

/** Smooth noise with lattice one apart, -1..1. */
function noise(x: f32, y: f32, seed: i32): f32 {
  const fx = floor<f32>(x);
  const fy = floor<f32>(y);
  const i = <i32>fx;
  const j = <i32>fy;
  const sx = ease(x - fx);
  const sy = ease(y - fy);
  const a = hashUnit(i, j, seed);
  const b = hashUnit(i + 1, j, seed);
  const c = hashUnit(i, j + 1, seed);
  const d = hashUnit(i + 1, j + 1, seed);
  const top = a + (b - a) * sx;
  const bottom = c + (d - c) * sx;
  return (top + (bottom - top) * sy) * 2 - 1;
}

// @ts-ignore: decorator
@inline
function at(x: f32, y: f32, wavelength: f32, seed: i32): f32 {
  return noise(x / wavelength, y / wavelength, seed);
}

/** Sum of octaves turned against each other, so that no lattice shows; about -1..1. */
function cloud(x: f32, y: f32, octaves: i32, seed: i32): f32 {
  let sum: f32 = 0;
  let amplitude: f32 = 0.6;
  for (let k = 0; k < octaves; k++) {
    sum += amplitude * noise(x, y, seed + k);
    const turned = <f32>1.62 * x + <f32>1.2 * y;
    y = <f32>1.62 * y - <f32>1.2 * x;
    x = turned;
    amplitude *= 0.52;
  }
  return sum * <f32>1.35;
}

/**
 * Slow noise of the water: pools, wetness, wobble along x and y.
 * @param out texels: pools about -1..1, wetness 0..1, wobble -1..1 along x and y
 * @param calm plane, 0..1: where small shapes ask for a steady hand
 * @param perMm pixels per millimeter
 * @param threshold of the wetness noise, -1..1; more is wet the lower it is
 */
export function washWater(
  out: usize,
  calm: usize,
  width: i32,
  perMm: f32,
  threshold: f32,
  seed: i32,
  from: i32,
  to: i32,
): void {
  const mm: f32 = <f32>1 / perMm;
  for (let y = from; y < to; y++) {
    const v: f32 = (<f32>y + <f32>0.5) * mm;
    for (let x = 0; x < width; x++) {
      const u: f32 = (<f32>x + <f32>0.5) * mm;
      const i = <usize>(y * width + x);
      const steady = load<f32>(calm + (i << 2));
      // Pools are drawn out by the wobble of the water itself.
      const warpX = at(u, v, 11, seed + 40);
      const warpY = at(u, v, 11, seed + 41);
      const pools = cloud((u + <f32>6 * warpX) / <f32>17, (v + <f32>6 * warpY) / <f32>17, 4, seed + 10);
      const damp: f32 =
        cloud((u + <f32>5 * warpY) / <f32>34, (v + <f32>5 * warpX) / <f32>34, 3, seed + 20) - steady * <f32>1.6;
      const wet: f32 = min<f32>(max<f32>((damp - threshold) * <f32>3, 0), 1);
      const hand: f32 = <f32>1 - <f32>0.6 * steady;
      const wobbleX: f32 = at(u, v, 4.1, seed + 50) + <f32>0.5 * at(u, v, 1.5, seed + 51);
      const wobbleY: f32 = at(u, v, 4.1, seed + 60) + <f32>0.5 * at(u, v, 1.5, seed + 61);
      v128.store(
        out + (i << 4),
        f32x4(pools, wet * wet * (<f32>3 - <f32>2 * wet), wobbleX * hand, wobbleY * hand),
      );
    }
  }
}

/** Means of 2 x 2 texels. The last row and column stand in for missing ones. */
export function washHalf(source: usize, out: usize, width: i32, height: i32, halfWidth: i32, from: i32, to: i32): void {
  const quarter = f32x4.splat(0.25);
  for (let y = from; y < to; y++) {
    const top = source + (<usize>(min(2 * y, height - 1) * width) << 4);
    const bottom = source + (<usize>(min(2 * y + 1, height - 1) * width) << 4);
    for (let x = 0; x < halfWidth; x++) {
      const a = <usize>min(2 * x, width - 1) << 4;
      const b = <usize>min(2 * x + 1, width - 1) << 4;
      const sum = f32x4.add(
        f32x4.add(v128.load(top + a), v128.load(top + b)),
        f32x4.add(v128.load(bottom + a), v128.load(bottom + b)),
      );
      v128.store(out + (<usize>(y * halfWidth + x) << 4), f32x4.mul(sum, quarter));
    }
  }
}

/** How busy texels are: the change of their fourth value per pixel, compressed to 0..1. */
export function washBusyness(texels: usize, out: usize, width: i32, height: i32, scale: f32, from: i32, to: i32): void {
  for (let y = from; y < to; y++) {
    const up = <usize>(max(y - 1, 0) * width);
    const down = <usize>(min(y + 1, height - 1) * width);
    for (let x = 0; x < width; x++) {
      const i = <usize>(y * width);
      const gx =
        load<f32>(texels + ((i + <usize>min(x + 1, width - 1)) << 4) + 12) -
        load<f32>(texels + ((i + <usize>max(x - 1, 0)) << 4) + 12);
      const gy = load<f32>(texels + ((down + <usize>x) << 4) + 12) - load<f32>(texels + ((up + <usize>x) << 4) + 12);
      const g = scale * sqrt<f32>(gx * gx + gy * gy);
      store<f32>(out + ((i + <usize>x) << 2), g / (1 + g));
    }
  }
}

/**
 * Colors of a photo as colors that paint has on white paper, in place: full range, highlights to bare paper, the deepest
 * tone a dark pigment instead of black. The fourth value becomes the tone, 0 dark .. 1 paper.
 * @param curve 256 f32: tone of each luma
 */
export function washPigment(
  texels: usize,
  curve: usize,
  saturation: f32,
  darkRed: f32,
  darkGreen: f32,
  darkBlue: f32,
  width: i32,
  from: i32,
  to: i32,
): void {
  const n = <usize>width * <usize>(to - from);
  let at = texels + <usize>width * <usize>from * 16;
  const dark = f32x4(darkRed, darkGreen, darkBlue, 0);
  const span = f32x4.sub(f32x4.splat(1), dark);
  const zero = f32x4.splat(0);
  const one = f32x4.splat(1);
  for (let x: usize = 0; x < n; x++, at += 16) {
    const color = v128.load(at);
    const luma = f32x4.extract_lane(color, 3);
    const place = min<f32>(max<f32>(luma, 0), 1) * 255;
    const i = min(<i32>place, 254);
    const low = load<f32>(curve + (<usize>i << 2));
    const lifted = low + (load<f32>(curve + (<usize>i << 2) + 4) - low) * (place - <f32>i);
    // Shadows take the gain of the curve as a factor, so that they keep their hue; lights take it as a step.
    const gain = lifted / max<f32>(luma, 0.02);
    const scaled = f32x4.mul(color, f32x4.splat(min<f32>(gain, 1.6)));
    const middle = 0.2126 * f32x4.extract_lane(scaled, 0) + 0.7152 * f32x4.extract_lane(scaled, 1) + 0.0722 * f32x4.extract_lane(scaled, 2);
    const gray = f32x4.splat(<f32>middle);
    // Next to bare paper color fades out.
    const fade = <f32>1 - max<f32>(lifted - <f32>0.86, 0) / <f32>0.14;
    const rich = f32x4.add(f32x4.splat(lifted), f32x4.mul(f32x4.sub(scaled, gray), f32x4.splat(saturation * max<f32>(fade, 0))));
    const inside = f32x4.pmin(f32x4.pmax(rich, zero), one);
    const paint = f32x4.add(dark, f32x4.mul(span, inside));
    const tone: f32 = 0.3 * f32x4.extract_lane(paint, 0) + 0.45 * f32x4.extract_lane(paint, 1) + 0.25 * f32x4.extract_lane(paint, 2);
    v128.store(at, f32x4.replace_lane(paint, 3, tone));
  }
}

/**
 * Lets colors run into each other where it is wet, in place.
 * @param blurred texels of half the size
 * @param water texels of half the size, see {@link washWater}
 */
export function washBleed(
  texels: usize,
  blurred: usize,
  water: usize,
  width: i32,
  halfWidth: i32,
  halfHeight: i32,
  from: i32,
  to: i32,
): void {
  for (let y = from; y < to; y++) {
    const py = max<f32>((<f32>y - <f32>0.5) * 0.5, 0);
    const j = min(<i32>py, max(halfHeight - 2, 0));
    const fy = f32x4.splat(min<f32>(py - <f32>j, 1));
    const below: usize = halfHeight > 1 ? <usize>halfWidth << 4 : 0;
    const right: usize = halfWidth > 1 ? 16 : 0;
    for (let x = 0; x < width; x++) {
      const px = max<f32>((<f32>x - <f32>0.5) * 0.5, 0);
      const i = min(<i32>px, max(halfWidth - 2, 0));
      const fx = f32x4.splat(min<f32>(px - <f32>i, 1));
      const cell = <usize>(j * halfWidth + i) << 4;
      const wet = between(water + cell, right, below, fx, fy);
      const share = f32x4.extract_lane(wet, 1);
      if (share <= 0) continue;
      const at = texels + (<usize>(y * width + x) << 4);
      const own = v128.load(at);
      const run = between(blurred + cell, right, below, fx, fy);
      v128.store(at, f32x4.add(own, f32x4.mul(f32x4.splat(share * <f32>0.8), f32x4.sub(run, own))));
    }
  }
}

// @ts-ignore: decorator
@inline
function between(at: usize, right: usize, below: usize, fx: v128, fy: v128): v128 {
  const a = v128.load(at);
  const c = v128.load(at + below);
  const top = f32x4.add(a, f32x4.mul(fx, f32x4.sub(v128.load(at + right), a)));
  const bottom = f32x4.add(c, f32x4.mul(fx, f32x4.sub(v128.load(at + below + right), c)));
  return f32x4.add(top, f32x4.mul(fy, f32x4.sub(bottom, top)));
}

/** What sharpens edges, and where it goes. */
@unmanaged
export class WashEdges {
  /** Tone, slightly smoothed. */
  fine: usize;
  /** Tone, smoothed as much as edges are soft. */
  middle: usize;
  /** Tone of the surroundings. */
  coarse: usize;
  out: usize;
  width: i32;
  height: i32;
  /** Longest step in working pixels. */
  reach: f32;
  /** Slope of tone per pixel at which an edge takes half of it. */
  faint: f32;
}

/**
 * What sharpens edges at print size: texels of the difference of tone to its surroundings (zero on an edge), the step
 * from the darker side along x and y in working pixels, and the tone of the surroundings.
 * @param parameters see {@link WashEdges}
 */
export function washEdges(parameters: usize, from: i32, to: i32): void {
  const p = changetype<WashEdges>(parameters);
  const fine = p.fine;
  const middle = p.middle;
  const coarse = p.coarse;
  const out = p.out;
  const width = p.width;
  const height = p.height;
  const reach = p.reach;
  const faint = p.faint;
  for (let y = from; y < to; y++) {
    const row = <usize>(y * width);
    const up = <usize>(max(y - 1, 0) * width);
    const down = <usize>(min(y + 1, height - 1) * width);
    for (let x = 0; x < width; x++) {
      const i = row + <usize>x;
      const gx =
        <f32>0.5 *
        (load<f32>(fine + ((row + <usize>min(x + 1, width - 1)) << 2)) - load<f32>(fine + ((row + <usize>max(x - 1, 0)) << 2)));
      const gy = <f32>0.5 * (load<f32>(fine + ((down + <usize>x) << 2)) - load<f32>(fine + ((up + <usize>x) << 2)));
      const square = gx * gx + gy * gy;
      const length = sqrt<f32>(square) + <f32>1e-6;
      const step = (reach * square) / (square + faint * faint) / length;
      const tone = load<f32>(fine + (i << 2));
      v128.store(
        out + (i << 4),
        f32x4(tone - load<f32>(middle + (i << 2)), gx * step, gy * step, load<f32>(coarse + (i << 2))),
      );
    }
  }
}
