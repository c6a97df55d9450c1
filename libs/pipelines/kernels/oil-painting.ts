// Brush strokes, their relief and the light on it, at print size. Strokes are drawn front to back: what is covered already
// is skipped, so each pixel is shaded little more than once. A buffer pixel is red, green, blue times coverage and the
// coverage itself, 8 bits each, and a height of 16 bits in a plane of its own.
export * from './oil-painting-trace';

const STROKE: usize = 48;
const POINT: usize = 20;
/** Coverage from which on nothing below shows. */
const COVERED: i32 = 252;

// @ts-ignore: decorator
@inline
function clampUnit(v: v128): v128 {
  return f32x4.max(f32x4.splat(0), f32x4.min(f32x4.splat(1), v));
}

// @ts-ignore: decorator
@inline
function unitOfWord(word: v128): v128 {
  const m = i32x4.mul(v128.xor(word, i32x4.shr_u(word, 15)), i32x4.splat(0x2c1b3c6d));
  const h = i32x4.mul(v128.xor(m, i32x4.shr_u(m, 12)), i32x4.splat(0x297a2d39));
  return f32x4.mul(f32x4.convert_i32x4_s(i32x4.shr_u(h, 8)), f32x4.splat(1.0 / 16777216.0));
}

/** Value noise, 0..1: smooth across, linear along. */
// @ts-ignore: decorator
@inline
function streak(u: v128, s: v128, seed: v128): v128 {
  const fu = f32x4.floor(u);
  const fs = f32x4.floor(s);
  const x = f32x4.sub(u, fu);
  const t = f32x4.sub(s, fs);
  const kx = i32x4.splat(0x27d4eb2d);
  const ky = i32x4.splat(0x165667b1);
  const base = i32x4.add(
    seed,
    i32x4.add(i32x4.mul(i32x4.trunc_sat_f32x4_s(fu), kx), i32x4.mul(i32x4.trunc_sat_f32x4_s(fs), ky)),
  );
  const a = unitOfWord(base);
  const b = unitOfWord(i32x4.add(base, kx));
  const below = i32x4.add(base, ky);
  const c = unitOfWord(below);
  const d = unitOfWord(i32x4.add(below, kx));
  const left = f32x4.add(a, f32x4.mul(t, f32x4.sub(c, a)));
  const right = f32x4.add(b, f32x4.mul(t, f32x4.sub(d, b)));
  const w = f32x4.mul(f32x4.mul(x, x), f32x4.sub(f32x4.splat(3), f32x4.add(x, x)));
  return f32x4.add(left, f32x4.mul(w, f32x4.sub(right, left)));
}

/**
 * Lays the strokes that touch rows top <= y < top + rows, last one first, into an empty buffer.
 * @param strokes records of 12 words: first point, points, top, bottom, red, green, blue 0..255, half width, thickness,
 *   hash, length, dryness; lengths in print pixels
 * @param points records of 5 f32: x, y, unit direction x and y of the center line there, arc length
 * @param look 10 f32: breadth of a bristle in pixels; bristles per pixel along; breadth of fine ones as share of the broad;
 *   fine ones per pixel along; share of the fine; gain of coverage per pixel of breadth; relief and tone of the bristles;
 *   height unit; least breadth in pixels
 * @param paint 4 bytes per pixel of the buffer
 * @param heights 2 bytes per pixel
 * @param width of a row, a multiple of 4
 */
export function oilStrokes(
  strokes: usize,
  count: i32,
  points: usize,
  look: usize,
  paint: usize,
  heights: usize,
  width: i32,
  top: i32,
  rows: i32,
): void {
  const y0 = <f32>top;
  const y1 = <f32>(top + rows);
  for (let i = count - 1; i >= 0; i--) {
    const stroke = strokes + <usize>i * STROKE;
    if (load<f32>(stroke + 8) >= y1 || load<f32>(stroke + 12) <= y0) continue;
    const first = points + <usize>load<i32>(stroke) * POINT;
    const segments = load<i32>(stroke + 4) - 1;
    for (let k = 0; k < segments; k++) {
      segmentRows(stroke, first + <usize>k * POINT, look, paint, heights, width, top, rows);
    }
  }
}

/** The part of a stroke between two points of its center line, cut off where the neighbours begin. */
function segmentRows(
  stroke: usize,
  point: usize,
  look: usize,
  paint: usize,
  heights: usize,
  width: i32,
  top: i32,
  rows: i32,
): void {
  const px = load<f32>(point);
  const py = load<f32>(point + 4);
  const bx0 = load<f32>(point + 8);
  const by0 = load<f32>(point + 12);
  const qx = load<f32>(point + POINT);
  const qy = load<f32>(point + POINT + 4);
  const bx1 = load<f32>(point + POINT + 8);
  const by1 = load<f32>(point + POINT + 12);
  const length = sqrt<f32>((qx - px) * (qx - px) + (qy - py) * (qy - py));
  const tx = (qx - px) / length;
  const ty = (qy - py) / length;
  const half = load<f32>(stroke + 28);
  const reach = half + 1;
  // Corners where the sides meet the cuts.
  const m0 = reach / max<f32>(0.3, bx0 * tx + by0 * ty);
  const m1 = reach / max<f32>(0.3, bx1 * tx + by1 * ty);
  const low = min<f32>(py - abs<f32>(bx0) * m0, qy - abs<f32>(bx1) * m1);
  const high = max<f32>(py + abs<f32>(bx0) * m0, qy + abs<f32>(bx1) * m1);
  const from = max(top, <i32>floor<f32>(low));
  const to = min(top + rows, <i32>floor<f32>(high) + 1);
  if (from >= to) return;

  const arc = load<f32>(point + 16);
  const arcSpan = load<f32>(point + POINT + 16) - arc;
  const total = load<f32>(stroke + 40);
  const dry = f32x4.splat(load<f32>(stroke + 44));
  const hash = load<i32>(stroke + 36);
  const seed = i32x4.splat(hash);
  const seed2 = i32x4.splat(hash ^ 0x5bd1e995);
  // A narrow brush has narrow bristles, but none below what a pixel can show.
  const pitch = max<f32>(load<f32>(look + 36), min<f32>(load<f32>(look), half * 0.4));
  const across1 = f32x4.splat(1 / pitch);
  const along1 = f32x4.splat(load<f32>(look + 4));
  const across2 = f32x4.splat(1 / max<f32>(load<f32>(look + 36), pitch * load<f32>(look + 8)));
  const along2 = f32x4.splat(load<f32>(look + 12));
  const fine = f32x4.splat(load<f32>(look + 16));
  const gain = f32x4.splat(max<f32>(1.5, pitch * load<f32>(look + 20)));
  const relief = f32x4.splat(load<f32>(look + 24));
  const tone = f32x4.splat(load<f32>(look + 28));
  const thickness = f32x4.splat(load<f32>(stroke + 32) * load<f32>(look + 32));
  const red = f32x4.splat(load<f32>(stroke + 16));
  const green = f32x4.splat(load<f32>(stroke + 20));
  const blue = f32x4.splat(load<f32>(stroke + 24));
  const halfs = f32x4.splat(half);
  const perHalf = f32x4.splat(1 / half);
  const ragged = f32x4.splat(-0.14 * half);
  const tail = min<f32>(total * 0.5, half * 2.2);
  const head = min<f32>(total * 0.35, half * 0.8);
  const one = f32x4.splat(1);
  const zero = f32x4.splat(0);
  const middle = f32x4.splat(0.5);
  const bytes = i32x4.splat(255);

  for (let y = from; y < to; y++) {
    const fy = <f32>y + 0.5;
    const ry = fy - py;
    const sy = qy - fy;
    // Columns relative to the first point where the row is inside all four sides.
    let left: f32 = -1e6;
    let right: f32 = 1e6;
    // Across: -ty * dx + tx * ry within +- reach.
    if (ty > 1e-4 || ty < -1e-4) {
      const a = (tx * ry - reach) / ty;
      const b = (tx * ry + reach) / ty;
      left = max<f32>(left, min<f32>(a, b));
      right = min<f32>(right, max<f32>(a, b));
    } else if (abs<f32>(tx * ry) > reach) continue;
    // Behind the first cut: bx0 * dx + by0 * ry >= 0.
    if (bx0 > 1e-4) left = max<f32>(left, (-by0 * ry) / bx0);
    else if (bx0 < -1e-4) right = min<f32>(right, (-by0 * ry) / bx0);
    else if (by0 * ry < -1) continue;
    // Before the second: bx1 * (qx - x) + by1 * sy > 0.
    const edge: f32 = by1 * sy;
    if (bx1 > 1e-4) right = min<f32>(right, qx - px + edge / bx1);
    else if (bx1 < -1e-4) left = max<f32>(left, qx - px + edge / bx1);
    else if (edge < -1) continue;
    const x0 = max(0, <i32>floor<f32>(px + max<f32>(left, -20000) - 1.5) & ~3);
    const x1 = min(width, <i32>floor<f32>(px + min<f32>(right, 20000) + 1.5));
    if (x0 >= x1) continue;

    const offset = <usize>((y - top) * width);
    const ryTx = f32x4.splat(tx * ry);
    const ryB0 = f32x4.splat(by0 * ry);
    const syB1 = f32x4.splat(by1 * sy);
    for (let x = x0; x < x1; x += 4) {
      const at = paint + ((offset + <usize>x) << 2);
      const old = v128.load(at);
      const before = i32x4.shr_u(old, 24);
      if (i32x4.all_true(i32x4.ge_s(before, i32x4.splat(COVERED)))) continue;
      const columns = f32x4.add(f32x4.splat(<f32>x + 0.5), f32x4(0, 1, 2, 3));
      const dx = f32x4.sub(columns, f32x4.splat(px));
      const d0 = f32x4.add(f32x4.mul(f32x4.splat(bx0), dx), ryB0);
      const d1 = f32x4.add(f32x4.mul(f32x4.splat(bx1), f32x4.sub(f32x4.splat(qx), columns)), syB1);
      const u = f32x4.sub(ryTx, f32x4.mul(f32x4.splat(ty), dx));
      const beside = f32x4.abs(u);
      const inside = v128.and(v128.and(f32x4.ge(d0, zero), f32x4.gt(d1, zero)), f32x4.lt(beside, f32x4.splat(reach)));
      if (!v128.any_true(inside)) continue;
      const s = f32x4.add(f32x4.splat(arc), f32x4.mul(f32x4.splat(arcSpan), f32x4.div(d0, f32x4.add(d0, d1))));
      const n1 = streak(f32x4.mul(u, across1), f32x4.mul(s, along1), seed);
      const n2 = streak(f32x4.mul(u, across2), f32x4.mul(s, along2), seed2);
      const n = f32x4.add(n1, f32x4.mul(fine, f32x4.sub(n2, n1)));

      // Coverage: crisp sides, ends that run out bristle by bristle, gaps where the brush is dry.
      const ending = f32x4.mul(f32x4.sub(s, f32x4.splat(total - tail)), f32x4.splat(1 / tail));
      const beginning = f32x4.mul(f32x4.sub(f32x4.splat(head), s), f32x4.splat(1 / head));
      const end = f32x4.max(ending, beginning);
      const taper = f32x4.max(zero, end);
      const drawn = f32x4.mul(halfs, f32x4.sqrt(f32x4.max(zero, f32x4.sub(one, f32x4.mul(taper, taper)))));
      const side = f32x4.add(f32x4.add(f32x4.sub(drawn, beside), f32x4.mul(ragged, n1)), middle);
      const least = f32x4.max(dry, f32x4.mul(end, f32x4.splat(0.8)));
      const loaded = f32x4.add(f32x4.mul(f32x4.sub(n, least), gain), middle);
      const alpha = v128.and(clampUnit(f32x4.min(side, loaded)), inside);

      // Height: a shallow trough with ridges along the sides, combed by the bristles.
      const v = f32x4.mul(beside, perHalf);
      const rim = clampUnit(f32x4.mul(f32x4.sub(one, v), f32x4.splat(4)));
      const trough = f32x4.mul(rim, f32x4.add(f32x4.splat(0.62), f32x4.mul(f32x4.splat(0.38), f32x4.mul(v, v))));
      const bristle = f32x4.sub(n, middle);
      const height = f32x4.mul(thickness, f32x4.max(zero, f32x4.add(trough, f32x4.mul(relief, bristle))));

      const weight = f32x4.mul(alpha, f32x4.convert_i32x4_s(i32x4.sub(bytes, before)));
      const shade = f32x4.mul(f32x4.mul(weight, f32x4.splat(1.0 / 255.0)), f32x4.add(one, f32x4.mul(tone, bristle)));
      const r = added(v128.and(old, bytes), f32x4.mul(shade, red));
      const g = added(v128.and(i32x4.shr_u(old, 8), bytes), f32x4.mul(shade, green));
      const b = added(v128.and(i32x4.shr_u(old, 16), bytes), f32x4.mul(shade, blue));
      const a = added(before, weight);
      v128.store(
        at,
        v128.or(v128.or(r, i32x4.shl(g, 8)), v128.or(i32x4.shl(b, 16), i32x4.shl(a, 24))),
      );
      const hAt = heights + ((offset + <usize>x) << 1);
      const lifted = f32x4.mul(f32x4.mul(weight, f32x4.splat(1.0 / 255.0)), height);
      const h = i32x4.add(v128.load16x4_u(hAt), i32x4.trunc_sat_f32x4_s(f32x4.add(lifted, middle)));
      v128.store64_lane(hAt, i16x8.narrow_i32x4_u(h, h), 0);
    }
  }
}

// @ts-ignore: decorator
@inline
function added(old: v128, more: v128): v128 {
  const sum = i32x4.trunc_sat_f32x4_s(f32x4.add(f32x4.add(f32x4.convert_i32x4_s(old), more), f32x4.splat(0.5)));
  return i32x4.min_s(sum, i32x4.splat(255));
}

/**
 * The underpainting where a buffer row is not covered, and the weave of the canvas where the paint is thin.
 * @param row padded working row of texels, see upscale.ts
 * @param first,weights of the print columns, see upscale.ts
 * @param ground height of the underpainting
 * @param weave f32 per column: the weave's profile across; `weaveY` is that of the row, both -1..1
 * @param depth of the weave in height units; `thick` is the height at which it vanishes
 */
export function oilGround(
  row: usize,
  first: usize,
  weights: usize,
  ground: f32,
  weave: usize,
  weaveY: f32,
  depth: f32,
  thick: f32,
  paint: usize,
  heights: usize,
  width: i32,
  n: i32,
): void {
  const full = i32x4.splat(COVERED);
  const zero = f32x4.splat(0);
  const amount = f32x4.splat(depth);
  const perThick = f32x4.splat(-1 / thick);
  for (let x = 0; x < width; x += 4) {
    const at = paint + (<usize>x << 2);
    if (!i32x4.all_true(i32x4.ge_s(i32x4.shr_u(v128.load(at), 24), full))) {
      for (let k = 0; k < 4 && x + k < n; k++) fillGround(row, first, weights, ground, at + (<usize>k << 2), heights, x + k);
    }
    const hAt = heights + (<usize>x << 1);
    const h = f32x4.convert_i32x4_s(v128.load16x4_u(hAt));
    const thin = f32x4.max(zero, f32x4.add(f32x4.splat(1), f32x4.mul(h, perThick)));
    const bump = f32x4.mul(v128.load(weave + (<usize>x << 2)), f32x4.splat(weaveY));
    const raised = f32x4.add(h, f32x4.mul(f32x4.mul(thin, amount), f32x4.add(f32x4.splat(1), bump)));
    const rounded = i32x4.trunc_sat_f32x4_s(raised);
    v128.store64_lane(hAt, i16x8.narrow_i32x4_u(rounded, rounded), 0);
  }
  // The light looks one column to the left.
  store<u16>(heights - 2, load<u16>(heights));
}

function fillGround(row: usize, first: usize, weights: usize, ground: f32, at: usize, heights: usize, x: i32): void {
  const missing = 255 - <i32>load<u8>(at + 3);
  if (missing <= 0) return;
  const share = <f32>missing / 255;
  const p = row + (<usize>load<i32>(first + (<usize>x << 2)) << 4);
  const w = weights + (<usize>x << 4);
  const color = f32x4.add(
    f32x4.add(f32x4.mul(v128.load32_splat(w), v128.load(p)), f32x4.mul(v128.load32_splat(w + 4), v128.load(p + 16))),
    f32x4.add(
      f32x4.mul(v128.load32_splat(w + 8), v128.load(p + 32)),
      f32x4.mul(v128.load32_splat(w + 12), v128.load(p + 48)),
    ),
  );
  const scale = share * 255;
  store<u8>(at, <u8>min(255, <i32>load<u8>(at) + <i32>(f32x4.extract_lane(color, 0) * scale + 0.5)));
  store<u8>(at + 1, <u8>min(255, <i32>load<u8>(at + 1) + <i32>(f32x4.extract_lane(color, 1) * scale + 0.5)));
  store<u8>(at + 2, <u8>min(255, <i32>load<u8>(at + 2) + <i32>(f32x4.extract_lane(color, 2) * scale + 0.5)));
  const h = heights + (<usize>x << 1);
  store<u16>(h, load<u16>(h) + <u16>(ground * share));
}

/**
 * Light from the upper left on the relief of one buffer row.
 * @param heights of the row; the rows above and below it lie `stride` bytes away
 * @param slope of one height unit per pixel
 * @param strength of the shading, 0..1
 * @param gloss 0..1
 * @param out RGB of n pixels
 */
export function oilLight(
  paint: usize,
  heights: usize,
  stride: usize,
  slope: f32,
  strength: f32,
  gloss: f32,
  out: usize,
  n: i32,
): void {
  const half = f32x4.splat(slope * 0.5);
  const one = f32x4.splat(1);
  const zero = f32x4.splat(0);
  const bytes = i32x4.splat(255);
  for (let x = 0; x < n; x += 4) {
    const h = heights + (<usize>x << 1);
    const dx = f32x4.mul(half, f32x4.convert_i32x4_s(i32x4.sub(v128.load16x4_u(h + 2), v128.load16x4_u(h - 2))));
    const dy = f32x4.mul(half, f32x4.convert_i32x4_s(i32x4.sub(v128.load16x4_u(h + stride), v128.load16x4_u(h - stride))));
    const long = f32x4.sqrt(f32x4.add(one, f32x4.add(f32x4.mul(dx, dx), f32x4.mul(dy, dy))));
    // Lambert with the light at (-0.5, -0.5, 0.7071), relative to a flat surface.
    const facing = f32x4.div(f32x4.add(one, f32x4.mul(f32x4.splat(0.7071), f32x4.add(dx, dy))), long);
    const shade = f32x4.add(one, f32x4.mul(f32x4.splat(strength), f32x4.sub(f32x4.max(zero, facing), one)));
    const turned = f32x4.max(zero, f32x4.sub(facing, f32x4.splat(1.16)));
    const shine = f32x4.mul(f32x4.splat(gloss * 255), turned);
    const p = v128.load(paint + (<usize>x << 2));
    const r = lit(v128.and(p, bytes), shade, shine);
    const g = lit(v128.and(i32x4.shr_u(p, 8), bytes), shade, shine);
    const b = lit(v128.and(i32x4.shr_u(p, 16), bytes), shade, shine);
    const o = out + <usize>x * 3;
    const packed = v128.or(r, v128.or(i32x4.shl(g, 8), i32x4.shl(b, 16)));
    if (x + 4 <= n) {
      const rgb = v128.shuffle<u8>(packed, packed, 0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 3, 3, 3, 3);
      v128.store64_lane(o, rgb, 0);
      v128.store32_lane(o + 8, rgb, 2);
    } else {
      pixelOut(o, i32x4.extract_lane(packed, 0));
      if (x + 1 < n) pixelOut(o + 3, i32x4.extract_lane(packed, 1));
      if (x + 2 < n) pixelOut(o + 6, i32x4.extract_lane(packed, 2));
    }
  }
}

// @ts-ignore: decorator
@inline
function lit(value: v128, shade: v128, shine: v128): v128 {
  const v = f32x4.add(f32x4.mul(f32x4.convert_i32x4_s(value), shade), shine);
  return i32x4.min_s(i32x4.trunc_sat_f32x4_s(f32x4.add(f32x4.max(f32x4.splat(0), v), f32x4.splat(0.5))), i32x4.splat(255));
}

function pixelOut(at: usize, packed: i32): void {
  store<u8>(at, <u8>packed);
  store<u8>(at + 1, <u8>(packed >> 8));
  store<u8>(at + 2, <u8>(packed >> 16));
}
