// Print rows of lines. Between two working columns a row of a field is one cubic, tested first by the control points it
// lies among: most cells are wholly paper or wholly ink and cost a few instructions.

// @ts-ignore: decorator
@inline
function weigh(p: usize, a: v128, b: v128, c: v128, d: v128): v128 {
  return f32x4.add(
    f32x4.add(f32x4.mul(a, v128.load32_splat(p)), f32x4.mul(b, v128.load32_splat(p + 4))),
    f32x4.add(f32x4.mul(c, v128.load32_splat(p + 8)), f32x4.mul(d, v128.load32_splat(p + 12))),
  );
}

const S: f32 = <f32>1 / 6;
const T: f32 = <f32>1 / 3;
const D: f32 = <f32>2 / 3;

/** Bernstein control points of the cubic B-spline between the second and third of four values: it lies among them. */
// @ts-ignore: decorator
@inline
function controls(p: usize): v128 {
  return weigh(p, f32x4(S, 0, 0, 0), f32x4(D, D, T, S), f32x4(S, T, D, D), f32x4(0, 0, 0, S));
}

/** Coefficients of 1, t, t^2 and t^3 of the same cubic. */
// @ts-ignore: decorator
@inline
function coefficients(p: usize): v128 {
  return weigh(p, f32x4(S, -0.5, 0.5, -S), f32x4(D, 0, -1, 0.5), f32x4(S, 0.5, 0.5, -0.5), f32x4(0, 0, 0, S));
}

// @ts-ignore: decorator
@inline
function cubic(c: v128, t: v128): v128 {
  const c0 = v128.shuffle<f32>(c, c, 0, 0, 0, 0);
  const c1 = v128.shuffle<f32>(c, c, 1, 1, 1, 1);
  const c2 = v128.shuffle<f32>(c, c, 2, 2, 2, 2);
  const c3 = v128.shuffle<f32>(c, c, 3, 3, 3, 3);
  return f32x4.add(c0, f32x4.mul(t, f32x4.add(c1, f32x4.mul(t, f32x4.add(c2, f32x4.mul(t, c3))))));
}

// @ts-ignore: decorator
@inline
function slopeOf(c: v128, t: v128): v128 {
  const c1 = v128.shuffle<f32>(c, c, 1, 1, 1, 1);
  const c2 = v128.shuffle<f32>(c, c, 2, 2, 2, 2);
  const c3 = v128.shuffle<f32>(c, c, 3, 3, 3, 3);
  const three = f32x4.mul(f32x4.splat(3), c3);
  return f32x4.add(c1, f32x4.mul(t, f32x4.add(f32x4.add(c2, c2), f32x4.mul(t, three))));
}

/**
 * How much of each of four pixels lies where a field is positive: a ramp one pixel wide, whatever the enlargement.
 * @param value coefficients of the field
 * @param gradient coefficients of its change per print row
 * @param ratio working pixels per print column
 * @param least slope per print pixel below which the field counts as flat and fades instead of flickering
 * @returns not yet limited to 0..1
 */
// @ts-ignore: decorator
@inline
function coverage(value: v128, gradient: v128, t: v128, ratio: v128, least: v128, threshold: v128): v128 {
  const dx = f32x4.mul(ratio, slopeOf(value, t));
  const dy = cubic(gradient, t);
  const slope = f32x4.pmax(least, f32x4.sqrt(f32x4.add(f32x4.mul(dx, dx), f32x4.mul(dy, dy))));
  return f32x4.add(f32x4.splat(0.5), f32x4.div(f32x4.sub(cubic(value, t), threshold), slope));
}

/** Mixes paper and ink for four pixels. Writes 16 bytes, of which 12 count. */
// @ts-ignore: decorator
@inline
function storeMixed(out: usize, amount: v128, paper: usize, ink: usize): void {
  const limited = f32x4.pmin(f32x4.splat(1), f32x4.pmax(f32x4.splat(0), amount));
  const share = i32x4.trunc_sat_f32x4_s(f32x4.add(f32x4.mul(limited, f32x4.splat(256)), f32x4.splat(0.5)));
  const red = mixed(share, load<u8>(paper), load<u8>(ink));
  const green = mixed(share, load<u8>(paper + 1), load<u8>(ink + 1));
  const blue = mixed(share, load<u8>(paper + 2), load<u8>(ink + 2));
  const rgb = v128.or(
    v128.or(i32x4.shr_u(red, 8), v128.and(green, i32x4.splat(0xff00))),
    i32x4.shl(v128.and(blue, i32x4.splat(0xff00)), 8),
  );
  v128.store(out, v128.shuffle<u8>(rgb, rgb, 0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 15, 15, 15, 15));
}

// @ts-ignore: decorator
@inline
function mixed(share: v128, paper: i32, ink: i32): v128 {
  return i32x4.add(i32x4.splat(paper * 256 + 128), i32x4.mul(share, i32x4.splat(ink - paper)));
}

const NONE = -1;
const MIXED = 0;
const PAPER = 1;
const INK = 2;

/** Fills print columns with a color. @param row a whole row of it */
// @ts-ignore: decorator
@inline
function fill(out: usize, row: usize, from: i32, to: i32): void {
  memory.copy(out + <usize>from * 3, row, <usize>(to - from) * 3);
}

/** Lines whose wave is a field, and contours: what all print rows have in common. */
@unmanaged
export class WaveRow {
  /** Padded working row of the excess of the wave over its bound; `shadeGradient` its change per print row. */
  shade: usize;
  shadeGradient: usize;
  /** Padded working row of the contour response, 0 for none; `contourGradient` its change per print row. */
  contour: usize;
  contourGradient: usize;
  /** Three i32 each: first tap, first print column, print column behind the last. */
  cells: usize;
  cellCount: i32;
  /** f32 per print column: the way from the second tap to the third; four more behind the last. */
  places: usize;
  ratio: f32;
  /** Excess beyond which no pixel of a cell can be mixed. */
  margin: f32;
  leastSlope: f32;
  threshold: f32;
  leastGradient: f32;
  /** A print row of paper, RGB. */
  paper: usize;
  /** A print row of ink, RGB. */
  ink: usize;
}

/**
 * One print row of lines whose wave is a field, and of contours.
 * @param parameters see {@link WaveRow}
 * @param out RGB of the row; 16 bytes behind it may be overwritten too
 */
export function waveRow(parameters: usize, out: usize): void {
  const p = changetype<WaveRow>(parameters);
  const shade = p.shade;
  const shadeGradient = p.shadeGradient;
  const contour = p.contour;
  const contourGradient = p.contourGradient;
  const cells = p.cells;
  const cellCount = p.cellCount;
  const places = p.places;
  const ratio = p.ratio;
  const margin = p.margin;
  const leastSlope = p.leastSlope;
  const threshold = p.threshold;
  const leastGradient = p.leastGradient;
  const paper = p.paper;
  const ink = p.ink;
  const above = f32x4.splat(margin);
  const below = f32x4.splat(-margin);
  const ratio4 = f32x4.splat(ratio);
  const least = f32x4.splat(leastSlope);
  const zero = f32x4.splat(0);
  const threshold4 = f32x4.splat(threshold);
  const leastGradient4 = f32x4.splat(leastGradient);
  const faint = f32x4.splat(threshold * 0.4);
  let run = NONE;
  let start = 0;
  for (let c = 0; c < cellCount; c++) {
    const cell = cells + <usize>(c * 12);
    const i = <usize>load<i32>(cell) << 2;
    const hull = controls(shade + i);
    let kind = MIXED;
    let outlined = false;
    if (i32x4.all_true(f32x4.gt(hull, above))) kind = INK;
    else {
      outlined = contour != 0 && v128.any_true(f32x4.gt(controls(contour + i), faint));
      if (!outlined && i32x4.all_true(f32x4.lt(hull, below))) kind = PAPER;
    }
    if (kind == run) continue;
    const from = load<i32>(cell + 4);
    if (run != NONE) fill(out, run == PAPER ? paper : ink, start, from);
    run = kind;
    start = from;
    if (kind != MIXED) continue;
    const to = load<i32>(cell + 8);
    const value = coefficients(shade + i);
    const gradient = coefficients(shadeGradient + i);
    if (outlined) {
      const line = coefficients(contour + i);
      const lineGradient = coefficients(contourGradient + i);
      for (let x = from; x < to; x += 4) {
        const t = v128.load(places + (<usize>x << 2));
        const a = coverage(value, gradient, t, ratio4, least, zero);
        const b = coverage(line, lineGradient, t, ratio4, leastGradient4, threshold4);
        storeMixed(out + <usize>x * 3, f32x4.pmax(a, b), paper, ink);
      }
    } else {
      for (let x = from; x < to; x += 4) {
        const t = v128.load(places + (<usize>x << 2));
        storeMixed(out + <usize>x * 3, coverage(value, gradient, t, ratio4, least, zero), paper, ink);
      }
    }
    // Whatever comes next begins its own run.
    run = NONE;
    start = to;
  }
  const end = load<i32>(cells + <usize>((cellCount - 1) * 12) + 8);
  if (run != NONE) fill(out, run == PAPER ? paper : ink, start, end);
}

/** Straight lines and contours: what all print rows have in common. The rest is as in {@link WaveRow}. */
@unmanaged
export class HatchRow {
  /** Padded working row of the share of the pitch to be inked. */
  share: usize;
  contour: usize;
  contourGradient: usize;
  cells: usize;
  cellCount: i32;
  places: usize;
  ratio: f32;
  /** Pitches per print column. */
  phaseStep: f32;
  /** In print pixels. */
  pitch: f32;
  /** 0..1, how far the lines give way to their mean tone. */
  plain: f32;
  least: f32;
  most: f32;
  /** Share below which nothing may show. */
  bare: f32;
  /** Share above which no gap may show. */
  solid: f32;
  threshold: f32;
  leastGradient: f32;
  paper: usize;
  ink: usize;
}

/**
 * One print row of straight lines and of contours.
 * @param parameters see {@link HatchRow}
 * @param phase of the row's column 0, in pitches
 */
export function hatchRow(parameters: usize, phase: f32, out: usize): void {
  const p = changetype<HatchRow>(parameters);
  const share = p.share;
  const contour = p.contour;
  const contourGradient = p.contourGradient;
  const cells = p.cells;
  const cellCount = p.cellCount;
  const places = p.places;
  const ratio = p.ratio;
  const phaseStep = p.phaseStep;
  const pitch = p.pitch;
  const plain = p.plain;
  const least = p.least;
  const most = p.most;
  const bare = p.bare;
  const solid = p.solid;
  const threshold = p.threshold;
  const leastGradient = p.leastGradient;
  const paper = p.paper;
  const ink = p.ink;
  const ratio4 = f32x4.splat(ratio);
  const threshold4 = f32x4.splat(threshold);
  const leastGradient4 = f32x4.splat(leastGradient);
  const faint = f32x4.splat(threshold * 0.4);
  const zero = f32x4.splat(0);
  let run = NONE;
  let start = 0;
  for (let c = 0; c < cellCount; c++) {
    const cell = cells + <usize>(c * 12);
    const i = <usize>load<i32>(cell) << 2;
    const hull = controls(share + i);
    let kind = MIXED;
    let outlined = false;
    if (i32x4.all_true(f32x4.ge(hull, f32x4.splat(solid)))) kind = INK;
    else {
      outlined = contour != 0 && v128.any_true(f32x4.gt(controls(contour + i), faint));
      if (!outlined && i32x4.all_true(f32x4.le(hull, f32x4.splat(bare)))) kind = PAPER;
    }
    if (kind == run) continue;
    const from = load<i32>(cell + 4);
    if (run != NONE) fill(out, run == PAPER ? paper : ink, start, from);
    run = kind;
    start = from;
    if (kind != MIXED) continue;
    const to = load<i32>(cell + 8);
    const value = coefficients(share + i);
    const line = outlined ? coefficients(contour + i) : zero;
    const lineGradient = outlined ? coefficients(contourGradient + i) : zero;
    for (let x = from; x < to; x += 4) {
      const t = v128.load(places + (<usize>x << 2));
      const s = cubic(value, t);
      const column = f32x4.add(f32x4.splat(<f32>x), f32x4(0, 1, 2, 3));
      const at = f32x4.add(f32x4.splat(phase), f32x4.mul(column, f32x4.splat(phaseStep)));
      const distance = f32x4.abs(f32x4.sub(at, f32x4.nearest(at)));
      // Half the line's width in pitches; beyond the limits it shrinks to nothing and grows together quickly.
      const short = f32x4.pmax(zero, f32x4.sub(f32x4.splat(least), s));
      const long = f32x4.pmax(zero, f32x4.sub(s, f32x4.splat(most)));
      const half = f32x4.add(
        f32x4.mul(s, f32x4.splat(0.5)),
        f32x4.mul(f32x4.splat(3), f32x4.sub(long, short)),
      );
      const sharp = f32x4.add(f32x4.splat(0.5), f32x4.mul(f32x4.splat(pitch), f32x4.sub(half, distance)));
      const limited = f32x4.pmin(f32x4.splat(1), f32x4.pmax(zero, sharp));
      let amount = f32x4.add(limited, f32x4.mul(f32x4.splat(plain), f32x4.sub(s, limited)));
      if (outlined) amount = f32x4.pmax(amount, coverage(line, lineGradient, t, ratio4, leastGradient4, threshold4));
      storeMixed(out + <usize>x * 3, amount, paper, ink);
    }
    run = NONE;
    start = to;
  }
  const end = load<i32>(cells + <usize>((cellCount - 1) * 12) + 8);
  if (run != NONE) fill(out, run == PAPER ? paper : ink, start, end);
}
