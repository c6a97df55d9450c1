// Rows of a watercolor at print size.

// @ts-ignore: decorator
@inline
function lane(v: v128, i: i32): v128 {
  if (i == 0) return v128.shuffle<f32>(v, v, 0, 0, 0, 0);
  if (i == 1) return v128.shuffle<f32>(v, v, 1, 1, 1, 1);
  if (i == 2) return v128.shuffle<f32>(v, v, 2, 2, 2, 2);
  return v128.shuffle<f32>(v, v, 3, 3, 3, 3);
}

/** Cubic B-spline weights of the four samples around a position, its fraction in every lane. */
// @ts-ignore: decorator
@inline
function spline(s: v128): v128 {
  const a = f32x4(-1.0 / 6.0, 0.5, -0.5, 1.0 / 6.0);
  const b = f32x4(0.5, -1, 0.5, 0);
  const c = f32x4(-0.5, 0, 0.5, 0);
  const d = f32x4(1.0 / 6.0, 2.0 / 3.0, 1.0 / 6.0, 0);
  return f32x4.add(f32x4.mul(f32x4.add(f32x4.mul(f32x4.add(f32x4.mul(a, s), b), s), c), s), d);
}

// @ts-ignore: decorator
@inline
function across(at: usize, x0: v128, x1: v128, x2: v128, x3: v128): v128 {
  return f32x4.add(
    f32x4.add(f32x4.mul(x0, v128.load(at)), f32x4.mul(x1, v128.load(at, 16))),
    f32x4.add(f32x4.mul(x2, v128.load(at, 32)), f32x4.mul(x3, v128.load(at, 48))),
  );
}

/**
 * A texel between the pixels.
 * @param place x and y in the first two lanes
 * @param last largest place: the place is held so far inside that all 16 samples exist; a field under four
 *   pixels wide or high is read past its end
 */
// @ts-ignore: decorator
@inline
function texelAt(field: usize, stride: usize, place: v128, last: v128): v128 {
  const inside = f32x4.pmax(f32x4.pmin(place, last), f32x4.splat(1));
  const cell = i32x4.trunc_sat_f32x4_s(inside);
  const part = f32x4.sub(inside, f32x4.convert_i32x4_s(cell));
  const wx = spline(lane(part, 0));
  const wy = spline(lane(part, 1));
  const x0 = lane(wx, 0);
  const x1 = lane(wx, 1);
  const x2 = lane(wx, 2);
  const x3 = lane(wx, 3);
  const at = field + <usize>(i32x4.extract_lane(cell, 1) - 1) * stride + (<usize>(i32x4.extract_lane(cell, 0) - 1) << 4);
  return f32x4.add(
    f32x4.add(
      f32x4.mul(lane(wy, 0), across(at, x0, x1, x2, x3)),
      f32x4.mul(lane(wy, 1), across(at + stride, x0, x1, x2, x3)),
    ),
    f32x4.add(
      f32x4.mul(lane(wy, 2), across(at + 2 * stride, x0, x1, x2, x3)),
      f32x4.mul(lane(wy, 3), across(at + 3 * stride, x0, x1, x2, x3)),
    ),
  );
}

/** As {@link texelAt}, bilinear: enough for fields that are smooth and only steer. */
// @ts-ignore: decorator
@inline
function smoothTexelAt(field: usize, stride: usize, place: v128, last: v128): v128 {
  const inside = f32x4.pmin(f32x4.pmax(place, f32x4.splat(0)), last);
  const cell = i32x4.trunc_sat_f32x4_s(inside);
  const part = f32x4.sub(inside, f32x4.convert_i32x4_s(cell));
  const at = field + <usize>i32x4.extract_lane(cell, 1) * stride + (<usize>i32x4.extract_lane(cell, 0) << 4);
  const tx = lane(part, 0);
  const a = v128.load(at);
  const c = v128.load(at + stride);
  const top = f32x4.add(a, f32x4.mul(tx, f32x4.sub(v128.load(at, 16), a)));
  const bottom = f32x4.add(c, f32x4.mul(tx, f32x4.sub(v128.load(at + stride, 16), c)));
  return f32x4.add(top, f32x4.mul(lane(part, 1), f32x4.sub(bottom, top)));
}

/** An octave of noise: what all print rows have in common. */
@unmanaged
export class WashOctave {
  count: i32;
  amplitude: f32;
  /** Scratch, count f32. */
  blended: usize;
  /** i32 per print column: its first lattice column; this, weights and out go on to a multiple of four columns. */
  first: usize;
  /** Four f32 per print column. */
  weights: usize;
  n: i32;
}

/**
 * Adds an octave of noise to a row.
 * @param parameters see {@link WashOctave}
 * @param r0,r1,r2,r3 lattice rows around the print row, see washLattice
 * @param fresh 1 to set the row instead of adding to it
 */
export function washOctave(parameters: usize, r0: usize, r1: usize, r2: usize, r3: usize, t: f32, out: usize, fresh: i32): void {
  const p = changetype<WashOctave>(parameters);
  const count = p.count;
  const amplitude = p.amplitude;
  const blended = p.blended;
  const first = p.first;
  const weights = p.weights;
  const n = p.n;
  const w = f32x4.mul(spline(f32x4.splat(t)), f32x4.splat(amplitude));
  const a = lane(w, 0);
  const b = lane(w, 1);
  const c = lane(w, 2);
  const d = lane(w, 3);
  for (let i: usize = 0; i < <usize>count << 2; i += 16) {
    v128.store(
      blended + i,
      f32x4.add(
        f32x4.add(f32x4.mul(a, v128.load(r0 + i)), f32x4.mul(b, v128.load(r1 + i))),
        f32x4.add(f32x4.mul(c, v128.load(r2 + i)), f32x4.mul(d, v128.load(r3 + i))),
      ),
    );
  }
  for (let x: usize = 0; x < <usize>n; x += 4) {
    const p0 = weighted(blended, first, weights, x);
    const p1 = weighted(blended, first, weights, x + 1);
    const p2 = weighted(blended, first, weights, x + 2);
    const p3 = weighted(blended, first, weights, x + 3);
    const low = f32x4.add(v128.shuffle<f32>(p0, p1, 0, 4, 1, 5), v128.shuffle<f32>(p0, p1, 2, 6, 3, 7));
    const high = f32x4.add(v128.shuffle<f32>(p2, p3, 0, 4, 1, 5), v128.shuffle<f32>(p2, p3, 2, 6, 3, 7));
    const sums = f32x4.add(v128.shuffle<f32>(low, high, 0, 1, 4, 5), v128.shuffle<f32>(low, high, 2, 3, 6, 7));
    const o = out + (x << 2);
    v128.store(o, fresh ? sums : f32x4.add(v128.load(o), sums));
  }
}

// @ts-ignore: decorator
@inline
function weighted(row: usize, first: usize, weights: usize, x: usize): v128 {
  return f32x4.mul(v128.load(row + (<usize>load<i32>(first + (x << 2)) << 2)), v128.load(weights + (x << 4)));
}

/** What one print row is painted from and what comes of it; all rows are f32 per print column. */
@unmanaged
export class WashStrip {
  /** Four f32 per column: pools, wetness, wobble along x and y. */
  water: usize;
  /** Noise rows that roughen borders. */
  tooth: usize;
  fleck: usize;
  /** Red, green, blue, tone per column. */
  colors: usize;
  /** The tone again. */
  tones: usize;
  /** How much darker the pixel is than its surroundings. */
  rims: usize;
}

/** The fields that colors are taken from, and how. */
@unmanaged
export class WashFields {
  pigment: usize;
  edges: usize;
  width: i32;
  height: i32;
  /** Working pixels per print pixel. */
  ratioX: f32;
  /** Amplitudes in working pixels. */
  wobble: f32;
  rough: f32;
  /** Tone across which an edge is mixed. */
  blur: f32;
  /** Print columns. */
  n: i32;
}

/**
 * Colors of one print row before water and paper: taken from a wobbling place, and from the own side of every edge, which
 * makes edges as sharp as the print.
 * @param parameters see {@link WashFields}
 * @param row see {@link WashStrip}; its last three are written
 * @param y of the row, in working pixels
 */
export function washColors(parameters: usize, row: usize, y: f32): void {
  const p = changetype<WashFields>(parameters);
  const pigment = p.pigment;
  const edges = p.edges;
  const width = p.width;
  const height = p.height;
  const ratioX = p.ratioX;
  const wobble = p.wobble;
  const rough = p.rough;
  const blur = p.blur;
  const n = p.n;
  const strip = changetype<WashStrip>(row);
  const water = strip.water;
  const tooth = strip.tooth;
  const fleck = strip.fleck;
  const colors = strip.colors;
  const tones = strip.tones;
  const rims = strip.rims;
  const last = f32x4(<f32>max(width - 2, 1) - <f32>0.001, <f32>max(height - 2, 1) - <f32>0.001, 1, 1);
  const stride = <usize>width << 4;
  const strayed = f32x4.splat(wobble);
  const roughness = f32x4.splat(rough);
  const mixed = f32x4.splat(blur * blur);
  for (let x = 0; x < n; x++) {
    const i = <usize>x << 2;
    const stray = v128.load(water + (i << 2));
    const home = f32x4((<f32>x + <f32>0.5) * ratioX - <f32>0.5, y, 0, 0);
    const tremor = v128.shuffle<f32>(v128.load32_zero(tooth + i), v128.load32_zero(fleck + i), 0, 4, 1, 1);
    const place = f32x4.add(
      home,
      f32x4.add(
        f32x4.mul(strayed, v128.shuffle<f32>(stray, stray, 2, 3, 2, 3)),
        f32x4.mul(roughness, tremor),
      ),
    );
    const edge = smoothTexelAt(edges, stride, place, last);
    const excess = lane(edge, 0);
    const side = f32x4.div(excess, f32x4.sqrt(f32x4.add(f32x4.mul(excess, excess), mixed)));
    const step = f32x4.mul(side, v128.shuffle<f32>(edge, edge, 1, 2, 1, 2));
    const color = texelAt(pigment, stride, f32x4.add(place, step), last);
    v128.store(colors + (i << 2), color);
    const tone = f32x4.extract_lane(color, 3);
    store<f32>(tones + i, tone);
    store<f32>(rims + i, f32x4.extract_lane(edge, 3) - tone);
  }
}

// @ts-ignore: decorator
@inline
function clamp4(v: v128, low: f32, high: f32): v128 {
  return f32x4.pmin(f32x4.pmax(v, f32x4.splat(low)), f32x4.splat(high));
}

/** One of the four values of four texels. */
// @ts-ignore: decorator
@inline
function pick4(at: usize, offset: usize): v128 {
  const p = at + offset;
  return f32x4(load<f32>(p), load<f32>(p + 16), load<f32>(p + 32), load<f32>(p + 48));
}

/** How the paint lies on the paper. */
@unmanaged
export class WashPaint {
  washes: f32;
  layering: f32;
  rimGain: f32;
  /** Width of a wash's rim in print pixels. */
  rimWidth: f32;
  pools: f32;
  granulation: f32;
  flecks: f32;
  relief: f32;
  dryBrush: f32;
  /** Color of the paper, 0..255, and 0. */
  paperRed: f32;
  paperGreen: f32;
  paperBlue: f32;
  paperPadding: f32;
}

/**
 * Paint on paper for one print row: pigment thins and thickens after Bousseau, Kaplan, Thollot and Sillion 2006.
 * @param parameters see {@link WashPaint}
 * @param row see {@link WashStrip}
 * @param rowAbove the same of the print row above
 * @param out RGB of the row; one byte behind it is overwritten
 */
export function washPaint(parameters: usize, row: usize, rowAbove: usize, out: usize, n: i32): void {
  const p = changetype<WashPaint>(parameters);
  const washes = f32x4.splat(p.washes);
  const perWash = f32x4.div(f32x4.splat(1), washes);
  const layering = f32x4.splat(p.layering);
  const rimGain = f32x4.splat(p.rimGain);
  const rimWidth = f32x4.splat(p.rimWidth);
  const pools = f32x4.splat(p.pools);
  const grains = f32x4.splat(p.granulation);
  const flecks = f32x4.splat(p.flecks);
  const relief = f32x4.splat(p.relief);
  const dry = f32x4.splat(p.dryBrush);
  const paper = v128.load(parameters, offsetof<WashPaint>('paperRed'));
  const strip = changetype<WashStrip>(row);
  const colors = strip.colors;
  const tones = strip.tones;
  const rims = strip.rims;
  const water = strip.water;
  const tooth = strip.tooth;
  const fleck = strip.fleck;
  const above = changetype<WashStrip>(rowAbove);
  const tonesAbove = above.tones;
  const toothAbove = above.tooth;
  const one = f32x4.splat(1);
  const half = f32x4.splat(0.5);
  const zero = f32x4.splat(0);
  let o = out;
  for (let x = 0; x < n; x += 4) {
    const at = <usize>x << 2;
    const tone = v128.load(tones + at);
    const pool = pick4(water + (at << 2), 0);
    const wet = pick4(water + (at << 2), 4);
    const crisp = f32x4.sub(one, wet);
    const height = v128.load(tooth + at);
    const speck = v128.load(fleck + at);
    // How fast the tone changes per pixel, in washes.
    const gx = f32x4.mul(half, f32x4.sub(v128.load(tones + at + 4), v128.load(tones + at - 4)));
    const gy = f32x4.sub(tone, v128.load(tonesAbove + at));
    const slope = f32x4.add(
      f32x4.mul(washes, f32x4.sqrt(f32x4.add(f32x4.mul(gx, gx), f32x4.mul(gy, gy)))),
      f32x4.splat(1e-5),
    );
    // Bare paper takes no pigment.
    const painted = clamp4(f32x4.mul(f32x4.splat(5), f32x4.sub(f32x4.splat(0.97), tone)), 0, 1);
    // Next to bare paper the brush runs dry and skips the valleys.
    const brush = f32x4.add(f32x4.splat(0.3), clamp4(f32x4.mul(washes, f32x4.sub(tone, f32x4.splat(0.72))), 0, 1));
    // Washes meet where this is a whole number; pools make the borders stray.
    const depth = f32x4.add(
      f32x4.mul(washes, f32x4.sub(one, tone)),
      f32x4.add(f32x4.mul(f32x4.mul(f32x4.splat(0.25), painted), pool), f32x4.mul(f32x4.mul(dry, brush), height)),
    );
    const border = f32x4.nearest(depth);
    const beyond = f32x4.sub(depth, border);
    const softness = f32x4.pmin(f32x4.add(f32x4.mul(slope, f32x4.splat(0.8)), f32x4.mul(wet, half)), half);
    const stepped = f32x4.add(
      border,
      f32x4.mul(half, clamp4(f32x4.div(beyond, softness), -1, 1)),
    );
    const shift = f32x4.mul(layering, f32x4.mul(perWash, f32x4.sub(stepped, depth)));
    const body = f32x4.add(f32x4.mul(tone, f32x4.sub(one, tone)), f32x4.splat(0.03));
    // Rims: of the steps between washes, and of what stands out from its surroundings.
    const distance = f32x4.div(beyond, f32x4.mul(slope, rimWidth));
    const inside = f32x4.div(one, f32x4.add(one, f32x4.mul(distance, distance)));
    const stepRim = f32x4.mul(v128.bitselect(inside, zero, f32x4.gt(beyond, zero)), f32x4.splat(0.35));
    const lift = f32x4.pmax(v128.load(rims + at), zero);
    const edgeRim = f32x4.div(lift, f32x4.add(lift, f32x4.splat(0.12)));
    const rim = f32x4.mul(rimGain, f32x4.mul(f32x4.add(stepRim, edgeRim), f32x4.add(crisp, f32x4.splat(0.15))));
    // Pigment settles where the paper is low.
    const valley = f32x4.pmax(f32x4.sub(f32x4.splat(-0.1), height), zero);
    // Strong washes carry more pigment that settles.
    const heavy = f32x4.sub(f32x4.splat(1.15), f32x4.mul(f32x4.splat(0.7), tone));
    const settled = f32x4.add(
      f32x4.mul(speck, flecks),
      f32x4.mul(f32x4.mul(grains, heavy), f32x4.sub(f32x4.mul(f32x4.splat(2), valley), f32x4.mul(half, height))),
    );
    const extra = f32x4.mul(painted, f32x4.add(f32x4.add(rim, f32x4.mul(pools, pool)), settled));
    // Dark paint takes less more, so that it never turns into a black hole.
    const most = f32x4.pmin(f32x4.mul(f32x4.splat(1.6), tone), f32x4.splat(0.95));
    const dense = f32x4.pmax(f32x4.pmin(f32x4.add(extra, f32x4.div(shift, body)), most), f32x4.splat(-0.9));
    const light = f32x4.add(
      one,
      f32x4.mul(
        relief,
        f32x4.sub(
          f32x4.sub(f32x4.add(v128.load(tooth + at + 4), height), v128.load(toothAbove + at)),
          v128.load(tooth + at - 4),
        ),
      ),
    );
    const c = colors + (at << 2);
    o = lay(c, lane(dense, 0), f32x4.mul(paper, lane(light, 0)), o);
    if (x + 4 > n) {
      if (x + 1 < n) o = lay(c + 16, lane(dense, 1), f32x4.mul(paper, lane(light, 1)), o);
      if (x + 2 < n) o = lay(c + 32, lane(dense, 2), f32x4.mul(paper, lane(light, 2)), o);
      break;
    }
    o = lay(c + 16, lane(dense, 1), f32x4.mul(paper, lane(light, 1)), o);
    o = lay(c + 32, lane(dense, 2), f32x4.mul(paper, lane(light, 2)), o);
    o = lay(c + 48, lane(dense, 3), f32x4.mul(paper, lane(light, 3)), o);
  }
}

// @ts-ignore: decorator
@inline
function lay(at: usize, dense: v128, paper: v128, out: usize): usize {
  const color = v128.load(at);
  const body = f32x4.add(f32x4.sub(color, f32x4.mul(color, color)), f32x4.splat(0.06));
  const thinned = f32x4.pmin(f32x4.sub(color, f32x4.mul(dense, body)), f32x4.splat(1));
  const bytes = i32x4.trunc_sat_f32x4_s(f32x4.add(f32x4.mul(thinned, paper), f32x4.splat(0.5)));
  const words = i16x8.narrow_i32x4_s(bytes, bytes);
  store<u32>(out, <u32>i32x4.extract_lane(i8x16.narrow_i16x8_u(words, words), 0));
  return out + 3;
}
