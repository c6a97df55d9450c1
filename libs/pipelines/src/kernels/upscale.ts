// Enlargement of working fields to print rows by cubic B-splines: never rings, and its slope is smooth. A padded row has
// PADDING pixels more on its left and PADDING + 1 on its right.

const PADDING: usize = 2;

/**
 * Interpolates down the columns: one padded working row.
 * @param floats values per row, width * lanes
 * @param cell row of the second tap
 */
export function gatherRow(
  field: usize,
  floats: i32,
  height: i32,
  lanes: i32,
  cell: i32,
  w0: f32,
  w1: f32,
  w2: f32,
  w3: f32,
  out: usize,
): void {
  const rowBytes = <usize>floats << 2;
  const r0 = field + <usize>min(max(cell - 1, 0), height - 1) * rowBytes;
  const r1 = field + <usize>min(max(cell, 0), height - 1) * rowBytes;
  const r2 = field + <usize>min(max(cell + 1, 0), height - 1) * rowBytes;
  const r3 = field + <usize>min(max(cell + 2, 0), height - 1) * rowBytes;
  const to = out + PADDING * (<usize>lanes << 2);
  const a = f32x4.splat(w0);
  const b = f32x4.splat(w1);
  const c = f32x4.splat(w2);
  const d = f32x4.splat(w3);
  let i: usize = 0;
  for (; i + 16 <= rowBytes; i += 16) {
    v128.store(
      to + i,
      f32x4.add(
        f32x4.add(f32x4.mul(a, v128.load(r0 + i)), f32x4.mul(b, v128.load(r1 + i))),
        f32x4.add(f32x4.mul(c, v128.load(r2 + i)), f32x4.mul(d, v128.load(r3 + i))),
      ),
    );
  }
  for (; i < rowBytes; i += 4) {
    store<f32>(
      to + i,
      w0 * load<f32>(r0 + i) + w1 * load<f32>(r1 + i) + (w2 * load<f32>(r2 + i) + w3 * load<f32>(r3 + i)),
    );
  }
  padRow(out, floats, lanes);
}

/** Repeats the border pixels of a working row into its padding. */
export function padRow(row: usize, floats: i32, lanes: i32): void {
  const pixel = <usize>lanes << 2;
  const first = row + PADDING * pixel;
  const last = first + (<usize>floats << 2) - pixel;
  for (let k: usize = 0; k < PADDING; k++) memory.copy(row + k * pixel, first, pixel);
  for (let k: usize = 1; k <= PADDING + 1; k++) memory.copy(last + k * pixel, last, pixel);
}

// @ts-ignore: decorator
@inline
function dot(row: usize, first: i32, weights: v128): f32 {
  const p = f32x4.mul(v128.load(row + (<usize>first << 2)), weights);
  const q = f32x4.add(p, v128.shuffle<f32>(p, p, 2, 3, 0, 1));
  return f32x4.extract_lane(q, 0) + f32x4.extract_lane(q, 1);
}

/**
 * Interpolates a padded working row along a print row.
 * @param first i32 per print column: its first tap in the padded row
 * @param weights four f32 per print column
 */
export function spreadRow(row: usize, first: usize, weights: usize, out: usize, n: i32): void {
  for (let x: usize = 0; x < <usize>n; x++) {
    store<f32>(out + (x << 2), dot(row, load<i32>(first + (x << 2)), v128.load(weights + (x << 4))));
  }
}

/**
 * As {@link spreadRow}, with the length of the gradient per print pixel.
 * @param gradients padded row of the change per print row
 * @param slopes four f32 per print column: weights of the change per print column
 */
export function spreadRowWithSlope(
  row: usize,
  gradients: usize,
  first: usize,
  weights: usize,
  slopes: usize,
  out: usize,
  slope: usize,
  n: i32,
): void {
  for (let x: usize = 0; x < <usize>n; x++) {
    const i = load<i32>(first + (x << 2));
    const w = v128.load(weights + (x << 4));
    store<f32>(out + (x << 2), dot(row, i, w));
    const dx = dot(row, i, v128.load(slopes + (x << 4)));
    const dy = dot(gradients, i, w);
    store<f32>(slope + (x << 2), sqrt<f32>(dx * dx + dy * dy));
  }
}

/** As {@link spreadRow}, for texels: four values per pixel. */
export function spreadTexels(row: usize, first: usize, weights: usize, out: usize, n: i32): void {
  for (let x: usize = 0; x < <usize>n; x++) {
    const p = row + (<usize>load<i32>(first + (x << 2)) << 4);
    const w = weights + (x << 4);
    v128.store(
      out + (x << 4),
      f32x4.add(
        f32x4.add(
          f32x4.mul(v128.load32_splat(w), v128.load(p)),
          f32x4.mul(v128.load32_splat(w + 4), v128.load(p + 16)),
        ),
        f32x4.add(
          f32x4.mul(v128.load32_splat(w + 8), v128.load(p + 32)),
          f32x4.mul(v128.load32_splat(w + 12), v128.load(p + 48)),
        ),
      ),
    );
  }
}
