// Graphite on paper: hatching in three directions and outlines, deposited on the hills of a rough sheet first.

/**
 * Cubic B-spline enlargement of a padded working row along a print row, four columns at a time.
 * @param cells three i32 each: first tap, first print column, print column behind the last
 * @param ratio working columns per print column
 * @param out f32 per print column and room for three more
 */
export function splineRow(padded: usize, cells: usize, cellCount: i32, ratio: f32, out: usize): void {
  const sixth: f32 = 1.0 / 6.0;
  const steps = f32x4.mul(f32x4(0, 1, 2, 3), f32x4.splat(ratio));
  const four = f32x4.splat(4 * ratio);
  for (let c = 0; c < cellCount; c++) {
    const cell = cells + <usize>(c * 12);
    const tap = load<i32>(cell);
    const from = load<i32>(cell + 4);
    const to = load<i32>(cell + 8);
    const p = padded + (<usize>tap << 2);
    const r0 = load<f32>(p);
    const r1 = load<f32>(p + 4);
    const r2 = load<f32>(p + 8);
    const r3 = load<f32>(p + 12);
    const k0 = f32x4.splat((r0 + 4 * r1 + r2) * sixth);
    const k1 = f32x4.splat((r2 - r0) * 0.5);
    const k2 = f32x4.splat((r0 - 2 * r1 + r2) * 0.5);
    const k3 = f32x4.splat((r3 - r0 + 3 * (r1 - r2)) * sixth);
    // Taps start one before the cell and the padding is two wide.
    let t = f32x4.add(f32x4.splat((<f32>from + 0.5) * ratio - 0.5 - <f32>(tap - 1)), steps);
    for (let x = from; x < to; x += 4) {
      const value = f32x4.add(k0, f32x4.mul(t, f32x4.add(k1, f32x4.mul(t, f32x4.add(k2, f32x4.mul(t, k3))))));
      v128.store(out + (<usize>x << 2), value);
      t = f32x4.add(t, four);
    }
  }
}

// Layout of the pen: three layers of LAYER_BYTES, then what they share.
const LAYER_BYTES: usize = 48;
const SHARED_AT: usize = 3 * LAYER_BYTES;

// @ts-ignore: decorator
@inline
function clamped(v: v128): v128 {
  return f32x4.pmin(f32x4.splat(1), f32x4.pmax(f32x4.splat(0), v));
}

// @ts-ignore: decorator
@inline
function hash4(x: v128, y: v128, seed: i32): v128 {
  let h = v128.xor(
    v128.xor(i32x4.mul(x, i32x4.splat(0x27d4eb2d)), i32x4.mul(y, i32x4.splat(0x165667b1))),
    i32x4.splat(seed),
  );
  h = i32x4.mul(v128.xor(h, i32x4.shr_u(h, 15)), i32x4.splat(<i32>0x85ebca6b));
  return v128.xor(h, i32x4.shr_u(h, 13));
}

/** Lower sixteen bits as a fraction. */
// @ts-ignore: decorator
@inline
function fraction(h: v128): v128 {
  return f32x4.mul(f32x4.convert_i32x4_s(v128.and(h, i32x4.splat(0xffff))), f32x4.splat(1.0 / 65536.0));
}

/**
 * Pressure of the hatching stroke under each of four pixels, 0..1. Lanes lie a pitch apart; each is cut into strokes that
 * start firmly and trail off, some light, some heavy, none quite on its lane.
 * @param v position across the lanes, in pitches
 * @param along position along them, in stroke lengths
 * @param press demand on this layer, 0..1
 */
// @ts-ignore: decorator
@inline
function hatchMark(v: v128, along: v128, press: v128, seed: i32, sharp: v128): v128 {
  const lane = f32x4.floor(v);
  const laneAt = i32x4.trunc_sat_f32x4_s(lane);
  const u = f32x4.add(along, fraction(hash4(laneAt, i32x4.splat(0), seed)));
  const stroke = f32x4.floor(u);
  const h = hash4(laneAt, i32x4.trunc_sat_f32x4_s(stroke), seed ^ 0x3c6ef372);
  const t = f32x4.sub(u, stroke);
  const light = fraction(h);
  const aside = f32x4.mul(f32x4.sub(fraction(i32x4.shr_u(h, 16)), f32x4.splat(0.5)), f32x4.splat(0.45));
  const across = f32x4.add(f32x4.sub(f32x4.sub(v, lane), f32x4.splat(0.5)), aside);
  const ends = f32x4.pmin(
    f32x4.splat(1),
    f32x4.pmin(f32x4.mul(t, f32x4.splat(9)), f32x4.mul(f32x4.sub(f32x4.splat(1), t), f32x4.splat(2.2))),
  );
  // Strokes that press hard are broad enough to run into their neighbors.
  const narrow = f32x4.sub(f32x4.splat(1.95), f32x4.mul(press, f32x4.splat(0.95)));
  const need = f32x4.add(
    f32x4.add(f32x4.mul(light, f32x4.splat(0.42)), f32x4.mul(f32x4.mul(across, across), narrow)),
    f32x4.mul(f32x4.sub(f32x4.splat(1), ends), f32x4.splat(0.5)),
  );
  const room = f32x4.add(f32x4.mul(press, f32x4.splat(1.12)), f32x4.splat(0.1));
  return clamped(f32x4.mul(f32x4.sub(room, need), sharp));
}

/** Light that one layer of hatching leaves. */
// @ts-ignore: decorator
@inline
function layerLight(layer: usize, px: v128, py: f32, warp: v128, press: v128, paper: v128, pen: usize): v128 {
  const shared = pen + SHARED_AT;
  const v = f32x4.add(
    f32x4.add(f32x4.mul(px, v128.load32_splat(layer)), f32x4.splat(py * load<f32>(layer + 4))),
    // The tooth of the paper pushes the lead about, or the lanes would have edges as straight as a ruler.
    f32x4.add(f32x4.mul(warp, v128.load32_splat(layer + 16)), f32x4.mul(paper, f32x4.splat(0.3))),
  );
  const along = f32x4.add(f32x4.mul(px, v128.load32_splat(layer + 8)), f32x4.splat(py * load<f32>(layer + 12)));
  const mark = hatchMark(v, along, press, load<i32>(layer + 32), v128.load32_splat(shared));
  // A light hand reaches the hills only, and leaves less on them.
  const reach = f32x4.add(f32x4.splat(0.62), f32x4.mul(press, f32x4.splat(0.38)));
  const cover = clamped(f32x4.mul(f32x4.sub(f32x4.mul(mark, reach), paper), v128.load32_splat(shared + 4)));
  const hand = f32x4.add(f32x4.splat(0.34), f32x4.mul(press, f32x4.splat(0.66)));
  const dark = f32x4.mul(f32x4.mul(cover, hand), v128.load32_splat(layer + 28));
  return f32x4.sub(f32x4.splat(1), dark);
}

// @ts-ignore: decorator
@inline
function pressOf(layer: usize, demand: v128): v128 {
  return clamped(f32x4.mul(f32x4.sub(demand, v128.load32_splat(layer + 20)), v128.load32_splat(layer + 24)));
}

// @ts-ignore: decorator
@inline
function blended(upper: usize, lower: usize, i: usize, t: v128): v128 {
  const a = v128.load(upper + i);
  return f32x4.add(a, f32x4.mul(f32x4.sub(v128.load(lower + i), a), t));
}

/**
 * Draws one print row in graphite.
 * @param demand hatching wanted per print column, 0 none .. 1 as dark as it gets
 * @param warp displacement of the hatching in pitches
 * @param line pressure of the outlines, 0..1
 * @param lines six addresses of {@link noiseLine}s, two of each octave
 * @param shares three f32: how far the row is from the upper to the lower line
 * @param pen see PenLayout in graphite.ts
 * @param out RGB and room for 16 bytes more
 */
export function graphiteRow(
  y: i32,
  n: i32,
  demand: usize,
  warp: usize,
  line: usize,
  lines: usize,
  shares: usize,
  pen: usize,
  out: usize,
): void {
  const zero = f32x4.splat(0);
  const one = f32x4.splat(1);
  const a0 = <usize>load<u32>(lines);
  const b0 = <usize>load<u32>(lines + 4);
  const a1 = <usize>load<u32>(lines + 8);
  const b1 = <usize>load<u32>(lines + 12);
  const a2 = <usize>load<u32>(lines + 16);
  const b2 = <usize>load<u32>(lines + 20);
  const t0 = v128.load32_splat(shares);
  const t1 = v128.load32_splat(shares + 4);
  const t2 = v128.load32_splat(shares + 8);
  const shared = pen + SHARED_AT;
  const w0 = v128.load32_splat(shared + 8);
  const w1 = v128.load32_splat(shared + 12);
  const w2 = v128.load32_splat(shared + 16);
  const lowest = v128.load32_splat(shared + 20);
  const crisp = v128.load32_splat(shared + 4);
  const lineRough = v128.load32_splat(shared + 24);
  const lineOpacity = v128.load32_splat(shared + 28);
  const veilReach = v128.load32_splat(shared + 48);
  const veilOpacity = v128.load32_splat(shared + 52);
  const levels = v128.load32_splat(shared + 32);
  const step = i32x4.splat(load<i32>(shared + 36));
  const white = i32x4.splat(255);
  const py = <f32>y;
  let px = f32x4(0, 1, 2, 3);
  let to = out;
  for (let x = 0; x < n; x += 4, to += 12) {
    const i = <usize>x << 2;
    const wanted = v128.load(demand + i);
    const drawn = v128.load(line + i);
    const hatched = v128.any_true(f32x4.gt(wanted, zero));
    const outlined = v128.any_true(f32x4.gt(drawn, zero));
    if (!hatched && !outlined) {
      v128.store(to, i32x4.splat(-1));
      px = f32x4.add(px, f32x4.splat(4));
      continue;
    }
    // Depth of the paper below its hills, about 0..1, times its roughness.
    const paper = f32x4.add(
      f32x4.add(f32x4.mul(blended(a0, b0, i, t0), w0), f32x4.mul(blended(a1, b1, i, t1), w1)),
      f32x4.add(f32x4.mul(blended(a2, b2, i, t2), w2), lowest),
    );
    let light = one;
    if (hatched) {
      const bend = v128.load(warp + i);
      light = layerLight(pen, px, py, bend, pressOf(pen, wanted), paper, pen);
      light = v128.bitselect(light, one, f32x4.gt(wanted, zero));
      const second = pressOf(pen + LAYER_BYTES, wanted);
      if (v128.any_true(f32x4.gt(second, zero))) {
        const under = layerLight(pen + LAYER_BYTES, px, py, bend, second, paper, pen);
        light = f32x4.mul(light, v128.bitselect(under, one, f32x4.gt(second, zero)));
        const third = pressOf(pen + 2 * LAYER_BYTES, wanted);
        if (v128.any_true(f32x4.gt(third, zero))) {
          const last = layerLight(pen + 2 * LAYER_BYTES, px, py, bend, third, paper, pen);
          light = f32x4.mul(light, v128.bitselect(last, one, f32x4.gt(third, zero)));
        }
      }
    }
    if (hatched) {
      // The side of the lead: a veil on the hills under the strokes that keeps dark areas from glaring through.
      const veil = clamped(f32x4.mul(f32x4.sub(wanted, v128.load32_splat(shared + 40)), v128.load32_splat(shared + 44)));
      const cover = clamped(f32x4.mul(f32x4.sub(f32x4.mul(veil, veilReach), paper), crisp));
      const hand = f32x4.add(f32x4.splat(0.2), f32x4.mul(veil, f32x4.splat(0.8)));
      const dark = f32x4.mul(f32x4.mul(cover, hand), veilOpacity);
      light = f32x4.mul(light, v128.bitselect(f32x4.sub(one, dark), one, f32x4.gt(veil, zero)));
    }
    if (outlined) {
      const cover = clamped(f32x4.mul(f32x4.sub(f32x4.mul(drawn, f32x4.splat(1.6)), f32x4.mul(paper, lineRough)), crisp));
      const hand = f32x4.add(f32x4.splat(0.4), f32x4.mul(drawn, f32x4.splat(0.6)));
      const dark = f32x4.mul(f32x4.mul(cover, clamped(hand)), lineOpacity);
      light = f32x4.mul(light, v128.bitselect(f32x4.sub(one, dark), one, f32x4.gt(drawn, zero)));
    }
    const deposit = i32x4.trunc_sat_f32x4_s(f32x4.add(f32x4.mul(f32x4.sub(one, light), levels), f32x4.splat(0.5)));
    const gray = i32x4.sub(white, i32x4.mul(deposit, step));
    v128.store(to, i8x16.swizzle(gray, i8x16(0, 0, 0, 4, 4, 4, 8, 8, 8, 12, 12, 12, 12, 12, 12, 12)));
    px = f32x4.add(px, f32x4.splat(4));
  }
}
