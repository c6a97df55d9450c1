import { sampleAt } from '../../../kernels/flow';

// Outlines as strokes of the pencil: polylines of segments with a width and a pressure at each end, drawn at print size.
// A segment is eight f32: x0, y0, x1, y1 in print pixels, half widths r0, r1 and pressures p0, p1.

/**
 * Pressure of the strokes in one print row; where strokes overlap, the strongest.
 * @param list i32 indexes of the segments that may touch the row
 * @param out f32 per print column and room for three more; overwritten
 */
export function strokeRow(y: i32, n: i32, segments: usize, list: usize, count: i32, out: usize): void {
  memory.fill(out, 0, <usize>n << 2);
  const py = <f32>y + 0.5;
  for (let k = 0; k < count; k++) {
    const s = segments + (<usize>load<i32>(list + (<usize>k << 2)) << 5);
    const y0 = load<f32>(s + 4);
    const y1 = load<f32>(s + 12);
    const r0 = load<f32>(s + 16);
    const r1 = load<f32>(s + 20);
    const reach = max<f32>(r0, r1);
    if (py < min<f32>(y0, y1) - reach || py > max<f32>(y0, y1) + reach) continue;
    const x0 = load<f32>(s);
    const dx = load<f32>(s + 8) - x0;
    const dy = y1 - y0;
    // The part of the segment that is within reach of the row's height.
    let low: f32 = 0;
    let high: f32 = 1;
    if (abs<f32>(dy) > 0.001) {
      const a = (py - reach - y0) / dy;
      const b = (py + reach - y0) / dy;
      low = max<f32>(0, min<f32>(a, b));
      high = min<f32>(1, max<f32>(a, b));
    }
    const xa = x0 + low * dx;
    const xb = x0 + high * dx;
    const from = max(<i32>(min<f32>(xa, xb) - reach), 0) & ~3;
    const to = min(<i32>(max<f32>(xa, xb) + reach) + 1, n);
    spanOf(s, from, to, py, dx, dy, out);
  }
}

// @ts-ignore: decorator
@inline
function spanOf(s: usize, from: i32, to: i32, py: f32, dx: f32, dy: f32, out: usize): void {
  const length2 = max<f32>(dx * dx + dy * dy, 1e-6);
  const zero = f32x4.splat(0);
  const one = f32x4.splat(1);
  const x0 = v128.load32_splat(s);
  const ey = py - load<f32>(s + 4);
  const r0 = v128.load32_splat(s + 16);
  const dr = f32x4.splat(load<f32>(s + 20) - load<f32>(s + 16));
  const p0 = v128.load32_splat(s + 24);
  const dp = f32x4.splat(load<f32>(s + 28) - load<f32>(s + 24));
  const ux = f32x4.splat(dx / length2);
  const uy = f32x4.splat((ey * dy) / length2);
  let px = f32x4.add(f32x4.splat(<f32>from + 0.5), f32x4(0, 1, 2, 3));
  for (let x = from; x < to; x += 4) {
    const ex = f32x4.sub(px, x0);
    const t = f32x4.pmin(one, f32x4.pmax(zero, f32x4.add(f32x4.mul(ex, ux), uy)));
    const cx = f32x4.sub(ex, f32x4.mul(t, f32x4.splat(dx)));
    const cy = f32x4.sub(f32x4.splat(ey), f32x4.mul(t, f32x4.splat(dy)));
    const r = f32x4.add(r0, f32x4.mul(t, dr));
    const distance = f32x4.div(f32x4.add(f32x4.mul(cx, cx), f32x4.mul(cy, cy)), f32x4.mul(r, r));
    const press = f32x4.mul(f32x4.add(p0, f32x4.mul(t, dp)), f32x4.sub(one, distance));
    const at = out + (<usize>x << 2);
    v128.store(at, f32x4.pmax(v128.load(at), press));
    px = f32x4.add(px, f32x4.splat(4));
  }
}

/** Edges across the flow at two scales. */
@unmanaged
export class ContoursAcross {
  plane: usize;
  flow: usize;
  out: usize;
  width: i32;
  height: i32;
  /** `taps` f32 for offsets 0, 1, 2, … pixels to either side. */
  fine: usize;
  /** The same for the wider scale. */
  broad: usize;
  taps: i32;
  /** Length of the smoothed gradient below which nothing is looked for. */
  even: f32;
}

/**
 * Edges across the flow at two scales, the stronger one, dark lines positive; 0 where the photo is even.
 * @param parameters see {@link ContoursAcross}
 */
export function contoursAcross(parameters: usize, from: i32, to: i32): void {
  const p = changetype<ContoursAcross>(parameters);
  const plane = p.plane;
  const flow = p.flow;
  const out = p.out;
  const width = p.width;
  const height = p.height;
  const fine = p.fine;
  const broad = p.broad;
  const taps = p.taps;
  const even = p.even;
  for (let y = from; y < to; y++) {
    for (let x = 0; x < width; x++) {
      const i = <usize>(y * width + x);
      const tangent = flow + (i << 4);
      if (load<f32>(tangent + 12) < even) {
        store<f32>(out + (i << 2), 0);
        continue;
      }
      const nx = -load<f32>(tangent + 4);
      const ny = load<f32>(tangent);
      const middle = load<f32>(plane + (i << 2));
      let a = load<f32>(fine) * middle;
      let b = load<f32>(broad) * middle;
      for (let k = 1; k < taps; k++) {
        const dx = <f32>k * nx;
        const dy = <f32>k * ny;
        const pair =
          sampleAt(plane, width, height, <f32>x + dx, <f32>y + dy) + sampleAt(plane, width, height, <f32>x - dx, <f32>y - dy);
        a += load<f32>(fine + (<usize>k << 2)) * pair;
        b += load<f32>(broad + (<usize>k << 2)) * pair;
      }
      store<f32>(out + (i << 2), max<f32>(0, max<f32>(a, b)));
    }
  }
}

/** A mean of contours along the flow. */
@unmanaged
export class ContoursAlong {
  plane: usize;
  flow: usize;
  out: usize;
  width: i32;
  height: i32;
  /** `taps` f32 for 0, 1, 2, … pixels to either side. */
  kernel: usize;
  taps: i32;
  /** Response that counts as a contour. */
  least: f32;
}

/**
 * Weighted mean of contours along the streamline through each pixel that has one; 0 elsewhere.
 * @param parameters see {@link ContoursAlong}
 */
export function contoursAlong(parameters: usize, from: i32, to: i32): void {
  const p = changetype<ContoursAlong>(parameters);
  const plane = p.plane;
  const flow = p.flow;
  const out = p.out;
  const width = p.width;
  const height = p.height;
  const kernel = p.kernel;
  const taps = p.taps;
  const least = p.least;
  const maxX = <f32>(width - 1);
  const maxY = <f32>(height - 1);
  for (let y = from; y < to; y++) {
    for (let x = 0; x < width; x++) {
      const i = <usize>(y * width + x);
      const own = load<f32>(plane + (i << 2));
      if (own < least) {
        store<f32>(out + (i << 2), 0);
        continue;
      }
      let weights = load<f32>(kernel);
      let sum = weights * own;
      for (let side = 0; side < 2; side++) {
        const sign: f32 = side == 0 ? 1 : -1;
        let px = <f32>x;
        let py = <f32>y;
        let dx = sign * load<f32>(flow + (i << 4));
        let dy = sign * load<f32>(flow + (i << 4) + 4);
        for (let k = 1; k < taps; k++) {
          px += dx;
          py += dy;
          if (px < 0 || py < 0 || px > maxX || py > maxY) break;
          const at = <usize>(<i32>(py + 0.5) * width + <i32>(px + 0.5));
          const w = load<f32>(kernel + (<usize>k << 2));
          sum += w * load<f32>(plane + (at << 2));
          weights += w;
          const tx = load<f32>(flow + (at << 4));
          const ty = load<f32>(flow + (at << 4) + 4);
          const forward: f32 = tx * dx + ty * dy < 0 ? -1 : 1;
          dx = forward * tx;
          dy = forward * ty;
        }
      }
      store<f32>(out + (i << 2), sum / weights);
    }
  }
}
