// Brush strokes, their relief and the light on it, at print size. Strokes are drawn front to back: what is covered already
// is skipped, so each pixel is shaded little more than once. A buffer pixel is red, green, blue times coverage and the
// coverage itself, 8 bits each, and a height of 16 bits in a plane of its own.
import { COVERED, Point, POINT, Stroke, STROKE } from './paths';

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

/** How the brushes look; lengths in pixels. */
@unmanaged
export class BrushLook {
  /** Breadth of a bristle. */
  bristle: f32;
  /** Changes per pixel along it. */
  along: f32;
  /** Breadth of fine bristles as share of it. */
  fineShare: f32;
  fineAlong: f32;
  /** Weight of the fine ones, 0..1. */
  fine: f32;
  /** Gain of coverage per pixel of breadth. */
  gain: f32;
  relief: f32;
  tone: f32;
  heightUnit: f32;
  leastBristle: f32;
}

/**
 * Lays the strokes that touch rows top <= y < top + rows, last one first, into an empty buffer.
 * @param strokes,points records, see paths.ts
 * @param look see {@link BrushLook}
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
  for (let i = count - 1; i >= 0; i--) {
    const stroke = changetype<Stroke>(strokes + <usize>i * STROKE);
    if (stroke.top >= <f32>(top + rows) || stroke.bottom <= <f32>top) continue;
    const first = points + <usize>stroke.firstPoint * POINT;
    for (let k = 0; k < stroke.points - 1; k++) {
      segment(stroke, first + <usize>k * POINT, changetype<BrushLook>(look), paint, heights, width, top, rows);
    }
  }
}

/** The part of a stroke between two points of its center line, cut off where the neighbors begin. */
function segment(
  stroke: Stroke,
  at: usize,
  look: BrushLook,
  paint: usize,
  heights: usize,
  width: i32,
  top: i32,
  rows: i32,
): void {
  const p = changetype<Point>(at);
  const q = changetype<Point>(at + POINT);
  const length = sqrt<f32>((q.x - p.x) * (q.x - p.x) + (q.y - p.y) * (q.y - p.y));
  const tx = (q.x - p.x) / length;
  const ty = (q.y - p.y) / length;
  const reach = stroke.half + 1;
  // Corners where the sides meet the cuts.
  const m0 = reach / max<f32>(0.3, p.dx * tx + p.dy * ty);
  const m1 = reach / max<f32>(0.3, q.dx * tx + q.dy * ty);
  const low = min<f32>(p.y - abs<f32>(p.dx) * m0, q.y - abs<f32>(q.dx) * m1);
  const high = max<f32>(p.y + abs<f32>(p.dx) * m0, q.y + abs<f32>(q.dx) * m1);
  const from = max(top, <i32>floor<f32>(low));
  const to = min(top + rows, <i32>floor<f32>(high) + 1);
  for (let y = from; y < to; y++) {
    // Columns relative to the first point where the row is inside all four sides; u = tx * ry - ty * dx is the way across.
    const ry = <f32>y + 0.5 - p.y;
    const sy = q.y - <f32>y - 0.5;
    let left: f32 = -20000;
    let right: f32 = 20000;
    if (abs<f32>(ty) > 1e-4) {
      const a = (tx * ry - reach) / ty;
      const b = (tx * ry + reach) / ty;
      left = max<f32>(left, min<f32>(a, b));
      right = min<f32>(right, max<f32>(a, b));
    } else if (abs<f32>(tx * ry) > reach) continue;
    if (p.dx > 1e-4) left = max<f32>(left, (-p.dy * ry) / p.dx);
    else if (p.dx < -1e-4) right = min<f32>(right, (-p.dy * ry) / p.dx);
    else if (p.dy * ry < -1) continue;
    if (q.dx > 1e-4) right = min<f32>(right, q.x - p.x + (q.dy * sy) / q.dx);
    else if (q.dx < -1e-4) left = max<f32>(left, q.x - p.x + (q.dy * sy) / q.dx);
    else if (q.dy * sy < -1) continue;
    const x0 = max(0, <i32>floor<f32>(p.x + left - 1.5) & ~3);
    const x1 = min(width, <i32>floor<f32>(p.x + right + 1.5));
    const row = <usize>((y - top) * width);
    if (x0 < x1) span(stroke, at, look, tx, ty, ry, sy, x0, x1, paint + (row << 2), heights + (row << 1));
  }
}

/** Columns x0 <= x < x1 of one row of a segment. */
function span(
  stroke: Stroke,
  at: usize,
  look: BrushLook,
  tx: f32,
  ty: f32,
  ry: f32,
  sy: f32,
  x0: i32,
  x1: i32,
  paint: usize,
  heights: usize,
): void {
  const p = changetype<Point>(at);
  const q = changetype<Point>(at + POINT);
  const zero = f32x4.splat(0);
  const alongP = f32x4.splat(p.dy * ry);
  const alongQ = f32x4.splat(q.dy * sy);
  const across = f32x4.splat(tx * ry);
  const reach = f32x4.splat(stroke.half + 1);
  for (let x = x0; x < x1; x += 4) {
    const before = i32x4.shr_u(v128.load(paint + (<usize>x << 2)), 24);
    if (i32x4.all_true(i32x4.ge_s(before, i32x4.splat(COVERED)))) continue;
    const columns = f32x4.add(f32x4.splat(<f32>x + 0.5), f32x4(0, 1, 2, 3));
    const dx = f32x4.sub(columns, f32x4.splat(p.x));
    const d0 = f32x4.add(f32x4.mul(f32x4.splat(p.dx), dx), alongP);
    const d1 = f32x4.add(f32x4.mul(f32x4.splat(q.dx), f32x4.sub(f32x4.splat(q.x), columns)), alongQ);
    const u = f32x4.sub(across, f32x4.mul(f32x4.splat(ty), dx));
    const inside = v128.and(v128.and(f32x4.ge(d0, zero), f32x4.gt(d1, zero)), f32x4.lt(f32x4.abs(u), reach));
    if (!v128.any_true(inside)) continue;
    const share = f32x4.div(d0, f32x4.add(d0, d1));
    const s = f32x4.add(f32x4.splat(p.arc), f32x4.mul(f32x4.splat(q.arc - p.arc), share));
    dab(stroke, look, u, s, inside, before, paint + (<usize>x << 2), heights + (<usize>x << 1));
  }
}

/** Four pixels of a stroke. @param u way across the center line @param s way along it */
// @ts-ignore: decorator
@inline
function dab(
  stroke: Stroke,
  look: BrushLook,
  u: v128,
  s: v128,
  inside: v128,
  before: v128,
  paint: usize,
  heights: usize,
): void {
  const one = f32x4.splat(1);
  const zero = f32x4.splat(0);
  const middle = f32x4.splat(0.5);
  // A narrow brush has narrow bristles, but none below what a pixel can show.
  const pitch = max<f32>(look.leastBristle, min<f32>(look.bristle, stroke.half * 0.4));
  const finePitch = max<f32>(look.leastBristle, pitch * look.fineShare);
  const n1 = streak(
    f32x4.mul(u, f32x4.splat(1 / pitch)),
    f32x4.mul(s, f32x4.splat(look.along)),
    i32x4.splat(stroke.hash),
  );
  const n2 = streak(
    f32x4.mul(u, f32x4.splat(1 / finePitch)),
    f32x4.mul(s, f32x4.splat(look.fineAlong)),
    i32x4.splat(stroke.hash ^ 0x5bd1e995),
  );
  const n = f32x4.add(n1, f32x4.mul(f32x4.splat(look.fine), f32x4.sub(n2, n1)));
  const beside = f32x4.abs(u);

  // Coverage: crisp sides, ends that run out bristle by bristle, gaps where the brush is dry.
  const tail = min<f32>(stroke.length * 0.5, stroke.half * 2.2);
  const head = min<f32>(stroke.length * 0.35, stroke.half * 0.8);
  const ending = f32x4.mul(f32x4.sub(s, f32x4.splat(stroke.length - tail)), f32x4.splat(1 / tail));
  const beginning = f32x4.mul(f32x4.sub(f32x4.splat(head), s), f32x4.splat(1 / head));
  const end = f32x4.max(ending, beginning);
  const taper = f32x4.max(zero, end);
  const pointed = f32x4.sqrt(f32x4.max(zero, f32x4.sub(one, f32x4.mul(taper, taper))));
  const drawn = f32x4.sub(f32x4.mul(f32x4.splat(stroke.half), pointed), beside);
  const side = f32x4.add(f32x4.add(drawn, f32x4.mul(f32x4.splat(-0.14 * stroke.half), n1)), middle);
  const least = f32x4.max(f32x4.splat(stroke.dryness), f32x4.mul(end, f32x4.splat(0.8)));
  const gain = f32x4.splat(max<f32>(1.5, pitch * look.gain));
  const loaded = f32x4.add(f32x4.mul(f32x4.sub(n, least), gain), middle);
  const alpha = v128.and(clampUnit(f32x4.min(side, loaded)), inside);

  // Height: a shallow trough with ridges along the sides, combed by the bristles.
  const v = f32x4.mul(beside, f32x4.splat(1 / stroke.half));
  const rim = clampUnit(f32x4.mul(f32x4.sub(one, v), f32x4.splat(4)));
  const trough = f32x4.mul(rim, f32x4.add(f32x4.splat(0.62), f32x4.mul(f32x4.splat(0.38), f32x4.mul(v, v))));
  const bristle = f32x4.sub(n, middle);
  const combed = f32x4.max(zero, f32x4.add(trough, f32x4.mul(f32x4.splat(look.relief), bristle)));
  const height = f32x4.mul(f32x4.splat(stroke.thickness * look.heightUnit), combed);

  const shade = f32x4.add(one, f32x4.mul(f32x4.splat(look.tone), bristle));
  layUnder(stroke, f32x4.mul(alpha, f32x4.convert_i32x4_s(i32x4.sub(i32x4.splat(255), before))), shade, height, paint, heights);
}

/** Adds paint where there is none yet. @param weight 0..255 */
// @ts-ignore: decorator
@inline
function layUnder(stroke: Stroke, weight: v128, shade: v128, height: v128, paint: usize, heights: usize): void {
  const bytes = i32x4.splat(255);
  const old = v128.load(paint);
  const share = f32x4.mul(weight, f32x4.splat(1.0 / 255.0));
  const toned = f32x4.mul(share, shade);
  const r = added(v128.and(old, bytes), f32x4.mul(toned, f32x4.splat(stroke.red)));
  const g = added(v128.and(i32x4.shr_u(old, 8), bytes), f32x4.mul(toned, f32x4.splat(stroke.green)));
  const b = added(v128.and(i32x4.shr_u(old, 16), bytes), f32x4.mul(toned, f32x4.splat(stroke.blue)));
  const a = added(i32x4.shr_u(old, 24), weight);
  v128.store(paint, v128.or(v128.or(r, i32x4.shl(g, 8)), v128.or(i32x4.shl(b, 16), i32x4.shl(a, 24))));
  const lifted = f32x4.add(f32x4.mul(share, height), f32x4.splat(0.5));
  const h = i32x4.add(v128.load16x4_u(heights), i32x4.trunc_sat_f32x4_s(lifted));
  v128.store64_lane(heights, i16x8.narrow_i32x4_u(h, h), 0);
}

// @ts-ignore: decorator
@inline
function added(old: v128, more: v128): v128 {
  const sum = i32x4.trunc_sat_f32x4_s(f32x4.add(f32x4.add(f32x4.convert_i32x4_s(old), more), f32x4.splat(0.5)));
  return i32x4.min_s(sum, i32x4.splat(255));
}
