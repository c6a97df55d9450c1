// Placing brush strokes on the working image (Hertzmann 1998). Lengths are working pixels; the flow and the canvas have
// half the size of the working image. A canvas texel is the color painted so far, -1 where there is none, and how many
// strokes of this layer cover it.

const MAX_STEPS: i32 = 64;
/** Faces are small and matter most: they are painted more closely. */
const SKIN_TOLERANCE: f32 = 0.45;
const STROKE: usize = 48;
const POINT: usize = 20;

/** Means of 2 x 2 pixels; the last row and column are repeated when the size is odd. */
export function halveRgb(rgb: usize, out: usize, width: i32, height: i32, from: i32, to: i32): void {
  const outWidth = (width + 1) >> 1;
  for (let y = from; y < to; y++) {
    const a = rgb + <usize>(2 * y * width) * 3;
    const b = rgb + <usize>(min(2 * y + 1, height - 1) * width) * 3;
    let o = out + <usize>(y * outWidth) * 3;
    for (let x = 0; x < outWidth; x++) {
      const l = <usize>(2 * x) * 3;
      const r = <usize>min(2 * x + 1, width - 1) * 3;
      for (let c: usize = 0; c < 3; c++) {
        const sum = <i32>load<u8>(a + l + c) + <i32>load<u8>(a + r + c) + <i32>load<u8>(b + l + c) + <i32>load<u8>(b + r + c);
        store<u8>(o + c, <u8>((sum + 2) >> 2));
      }
      o += 3;
    }
  }
}

/** Moves red, green and blue away from their luma, in place. The fourth value stays. */
export function saturateTexels(texels: usize, gain: f32, width: i32, from: i32, to: i32): void {
  const g = f32x4.splat(gain);
  const end = texels + <usize>(to * width) * 16;
  for (let at = texels + <usize>(from * width) * 16; at < end; at += 16) {
    const v = v128.load(at);
    const luma = f32x4.splat(
      <f32>0.2126 * f32x4.extract_lane(v, 0) + <f32>0.7152 * f32x4.extract_lane(v, 1) + <f32>0.0722 * f32x4.extract_lane(v, 2),
    );
    const moved = f32x4.add(luma, f32x4.mul(g, f32x4.sub(v, luma)));
    const bounded = f32x4.max(f32x4.splat(0), f32x4.min(f32x4.splat(1), moved));
    v128.store(at, f32x4.replace_lane(bounded, 3, f32x4.extract_lane(v, 3)));
  }
}

/**
 * Adds wide tensors and a fallback direction to a narrow one, in place: where there is no structure, the direction of the
 * surroundings takes over.
 * @param xx,xy,yy of the fallback
 */
export function mixTensors(
  narrow: usize,
  middle: usize,
  wide: usize,
  middleShare: f32,
  wideShare: f32,
  xx: f32,
  xy: f32,
  yy: f32,
  width: i32,
  from: i32,
  to: i32,
): void {
  const m = f32x4.splat(middleShare);
  const w = f32x4.splat(wideShare);
  const fallback = f32x4.replace_lane(f32x4.replace_lane(f32x4.replace_lane(f32x4.splat(0), 0, xx), 1, xy), 2, yy);
  const end = <usize>(to * width) << 4;
  for (let i = <usize>(from * width) << 4; i < end; i += 16) {
    const sum = f32x4.add(f32x4.mul(m, v128.load(middle + i)), f32x4.mul(w, v128.load(wide + i)));
    v128.store(narrow + i, f32x4.add(f32x4.add(v128.load(narrow + i), sum), fallback));
  }
}

/** An empty canvas. */
export function clearCanvas(canvas: usize, width: i32, from: i32, to: i32): void {
  const empty = f32x4(-1, -1, -1, 0);
  const end = canvas + <usize>(to * width) * 16;
  for (let at = canvas + <usize>(from * width) * 16; at < end; at += 16) v128.store(at, empty);
}

/** Forgets what the last layer covered, but not its colors. */
export function clearCover(canvas: usize, width: i32, from: i32, to: i32): void {
  const end = canvas + <usize>(to * width) * 16;
  for (let at = canvas + <usize>(from * width) * 16; at < end; at += 16) store<f32>(at + 12, 0);
}

// @ts-ignore: decorator
@inline
function texelAt(texels: usize, width: i32, height: i32, x: f32, y: f32): usize {
  const ix = min(max(<i32>x, 0), width - 1);
  const iy = min(max(<i32>y, 0), height - 1);
  return texels + (<usize>(iy * width + ix) << 4);
}

/** Squared distance of two colors. */
// @ts-ignore: decorator
@inline
function distance(a: v128, b: v128): f32 {
  const d = f32x4.sub(a, b);
  const q = f32x4.mul(d, d);
  return f32x4.extract_lane(q, 0) + f32x4.extract_lane(q, 1) + f32x4.extract_lane(q, 2);
}

/** Hues from pink to tan at the strength that skin has. */
// @ts-ignore: decorator
@inline
function isSkinLike(color: v128): boolean {
  const r = f32x4.extract_lane(color, 0);
  const g = f32x4.extract_lane(color, 1);
  const b = f32x4.extract_lane(color, 2);
  return r > 0.3 && r > g * 1.06 && g > b * 0.92 && r - b > 0.11 && r - b < 0.45;
}

// @ts-ignore: decorator
@inline
function mixed(x: i32, y: i32, seed: i32): i32 {
  let h = (x * 0x27d4eb2d) ^ (y * 0x165667b1) ^ (seed * 0x2545f491);
  h = (h ^ (h >>> 15)) * 0x85ebca6b;
  h = (h ^ (h >>> 13)) * 0xc2b2ae35;
  return h ^ (h >>> 16);
}

/** -1..1. */
// @ts-ignore: decorator
@inline
function signedUnit(word: i32): f32 {
  return <f32>word * <f32>(1.0 / 2147483648.0);
}

/** Hash of the cell that seed and stroke take their chances from. */
// @ts-ignore: decorator
@inline
function wordOf(cell: i32, columns: i32, seed: i32): i32 {
  const row = cell / columns;
  return mixed(cell - row * columns, row, seed);
}

// @ts-ignore: decorator
@inline
function seedX(cell: i32, columns: i32, word: i32, step: f32): f32 {
  return (<f32>(cell % columns) + 0.5 + 0.45 * signedUnit(word)) * step;
}

// @ts-ignore: decorator
@inline
function seedY(cell: i32, columns: i32, word: i32, step: f32): f32 {
  return (<f32>(cell / columns) + 0.5 + 0.45 * signedUnit(mixed(word, 1, 77))) * step;
}

/**
 * Marks the cells of a layer's grid where the canvas is too far from the picture.
 * @param brush,reference,canvas as for {@link traceLayer}
 * @param wanted one byte per cell: 1 or 0
 */
export function wantedStrokes(
  brush: usize,
  reference: usize,
  referenceWidth: i32,
  referenceHeight: i32,
  canvas: usize,
  halfWidth: i32,
  halfHeight: i32,
  columns: i32,
  seed: i32,
  wanted: usize,
  from: i32,
  to: i32,
): void {
  const q = load<f32>(brush) * 0.4;
  const step = load<f32>(brush + 4);
  const leastError = <f32>6 * load<f32>(brush + 8);
  const scale = load<f32>(brush + 48);
  for (let cell = from * columns; cell < to * columns; cell++) {
    const word = wordOf(cell, columns, seed);
    const x = seedX(cell, columns, word, step);
    const y = seedY(cell, columns, word, step);
    let wants: u8 = 0;
    if (x < <f32>(halfWidth * 2) && y < <f32>(halfHeight * 2)) {
      const color = v128.load(texelAt(reference, referenceWidth, referenceHeight, x * scale, y * scale));
      let error = distance(color, v128.load(texelAt(canvas, halfWidth, halfHeight, x * 0.5, y * 0.5))) * 2;
      for (let k = 0; k < 4; k++) {
        const sx = x + (k & 1 ? q : -q);
        const sy = y + (k & 2 ? q : -q);
        error += distance(
          v128.load(texelAt(reference, referenceWidth, referenceHeight, sx * scale, sy * scale)),
          v128.load(texelAt(canvas, halfWidth, halfHeight, sx * 0.5, sy * 0.5)),
        );
      }
      if (error >= leastError * (isSkinLike(color) ? SKIN_TOLERANCE : 1)) wants = 1;
    }
    store<u8>(wanted + <usize>cell, wants);
  }
}

/**
 * Adds the strokes of one layer to a list: those of the visits from..to, for work in several calls.
 * @param brush 17 f32: half width; grid step; squared color error that calls for a stroke; squared tolerances along and
 *   across; steps to each side; jitter of the direction; jitter of the color; share of the flow in a turn; narrowest brush,
 *   as share of the half width; strokes on top of each other; thickness; reference pixels per working pixel; print pixels
 *   per working pixel along x and y; fewest steps; 1 for the finest brush
 * @param reference texels of the picture this layer should look like
 * @param flow,canvas texels, see above
 * @param wanted one byte per cell of the grid
 * @param stride coprime to the number of cells: visit i is to cell i * stride
 * @param counts two i32: strokes and points in the lists so far
 * @param scratch 2 * 64 * 8 bytes
 */
export function traceLayer(
  brush: usize,
  reference: usize,
  referenceWidth: i32,
  referenceHeight: i32,
  flow: usize,
  canvas: usize,
  halfWidth: i32,
  halfHeight: i32,
  columns: i32,
  cells: i32,
  stride: i32,
  seed: i32,
  wanted: usize,
  strokes: usize,
  maxStrokes: i32,
  points: usize,
  maxPoints: i32,
  counts: usize,
  scratch: usize,
  visitFrom: i32,
  visitTo: i32,
): void {
  const fullHalf = load<f32>(brush);
  const step = load<f32>(brush + 4);
  const alongTolerance = load<f32>(brush + 12);
  const sideTolerance = load<f32>(brush + 16);
  const reachSteps = load<f32>(brush + 20);
  const angleJitter = load<f32>(brush + 24);
  const colorJitter = load<f32>(brush + 28);
  const turn = load<f32>(brush + 32);
  const narrowest = load<f32>(brush + 36);
  const mostCover = load<f32>(brush + 40);
  const thickness = load<f32>(brush + 44);
  const scale = load<f32>(brush + 48);
  const pxX = load<f32>(brush + 52);
  const pxY = load<f32>(brush + 56);
  const fewest = <i32>load<f32>(brush + 60);
  const last = load<f32>(brush + 64) > 0;
  const right = <f32>(halfWidth * 2);
  const bottom = <f32>(halfHeight * 2);
  let cell = <i32>((<u64>visitFrom * <u64>stride) % <u64>cells);
  for (let i = visitFrom; i < visitTo; i++) {
    cell += stride;
    if (cell >= cells) cell -= cells;
    if (!load<u8>(wanted + <usize>cell)) continue;
    const word = wordOf(cell, columns, seed);
    const x = seedX(cell, columns, word, step);
    const y = seedY(cell, columns, word, step);
    const there = v128.load(texelAt(canvas, halfWidth, halfHeight, x * 0.5, y * 0.5));
    if (f32x4.extract_lane(there, 3) >= mostCover) continue;
    const at = texelAt(flow, halfWidth, halfHeight, x * 0.5, y * 0.5);
    const jitter = angleJitter * (1 - 0.85 * load<f32>(at + 8)) * signedUnit(mixed(word, 2, seed));
    let tx = load<f32>(at) - jitter * load<f32>(at + 4);
    let ty = load<f32>(at + 4) + jitter * load<f32>(at);
    const norm = <f32>1 / sqrt<f32>(tx * tx + ty * ty);
    tx *= norm;
    ty *= norm;

    // The color under the brush.
    const q = fullHalf * 0.4;
    const c0 = v128.load(texelAt(reference, referenceWidth, referenceHeight, x * scale, y * scale));
    let color = f32x4.add(c0, c0);
    for (let k = 0; k < 4; k++) {
      const sx = x + (k == 0 ? q * tx : k == 1 ? -q * tx : k == 2 ? -q * ty : q * ty);
      const sy = y + (k == 0 ? q * ty : k == 1 ? -q * ty : k == 2 ? q * tx : -q * tx);
      const c = v128.load(texelAt(reference, referenceWidth, referenceHeight, sx * scale, sy * scale));
      color = f32x4.add(color, distance(c, c0) < sideTolerance ? c : c0);
    }
    color = f32x4.mul(color, f32x4.splat(1.0 / 6.0));

    // The widest brush that stays on one surface here.
    let half = fullHalf * (1 + 0.2 * signedUnit(mixed(word, 3, seed)));
    const least = fullHalf * narrowest;
    while (half >= least) {
      if (fits(reference, referenceWidth, referenceHeight, scale, color, x, y, -ty * half, tx * half, sideTolerance)) break;
      half *= 0.8;
    }
    // The finest brush is the last chance to cover a place.
    const sure = last ? 2 : 0;
    if (half < least && (!last || f32x4.extract_lane(there, 0) >= 0)) continue;

    const pace = half * 0.5;
    const spread: f32 = 0.75 + 0.35 * signedUnit(mixed(word, 4, seed));
    const most = min(MAX_STEPS, max(1, <i32>(reachSteps * spread)));
    let steps = 0;
    let ends = 0;
    for (let way = 0; way < 2; way++) {
      const trail = scratch + <usize>(way * MAX_STEPS) * 8;
      let px = x;
      let py = y;
      let dx = way == 0 ? tx : -tx;
      let dy = way == 0 ? ty : -ty;
      let n = 0;
      for (; n < most; n++) {
        if (n > 0) {
          const f = texelAt(flow, halfWidth, halfHeight, px * 0.5, py * 0.5);
          let fx = load<f32>(f) - jitter * load<f32>(f + 4);
          let fy = load<f32>(f + 4) + jitter * load<f32>(f);
          if (fx * dx + fy * dy < 0) {
            fx = -fx;
            fy = -fy;
          }
          let nx = dx + turn * (fx - dx);
          let ny = dy + turn * (fy - dy);
          const size = <f32>1 / sqrt<f32>(nx * nx + ny * ny + 1e-9);
          nx *= size;
          ny *= size;
          // Tighter turns would fold the stroke.
          if (nx * dx + ny * dy < 0.93) break;
          dx = nx;
          dy = ny;
        }
        const nextX = px + pace * dx;
        const nextY = py + pace * dy;
        if (nextX < -half || nextY < -half || nextX > right + half || nextY > bottom + half) break;
        const c = v128.load(texelAt(reference, referenceWidth, referenceHeight, nextX * scale, nextY * scale));
        const off = distance(c, color);
        if (n < sure) {
          px = nextX;
          py = nextY;
          store<f32>(trail + (<usize>n << 3), px);
          store<f32>(trail + (<usize>n << 3) + 4, py);
          continue;
        }
        if (off > alongTolerance) break;
        if (n > 0 && off > distance(c, v128.load(texelAt(canvas, halfWidth, halfHeight, nextX * 0.5, nextY * 0.5)))) break;
        // The finest brush is narrow enough to run along an outline.
        if (
          !last &&
          !fits(reference, referenceWidth, referenceHeight, scale, color, nextX, nextY, -dy * half * 0.9, dx * half * 0.9, sideTolerance)
        ) {
          break;
        }
        px = nextX;
        py = nextY;
        store<f32>(trail + (<usize>n << 3), px);
        store<f32>(trail + (<usize>n << 3) + 4, py);
      }
      if (way == 0) ends = n;
      steps += n;
    }
    if (steps < fewest) continue;

    const strokeCount = load<i32>(counts);
    const pointCount = load<i32>(counts + 4);
    if (strokeCount >= maxStrokes || pointCount + steps + 1 > maxPoints) return;
    const tint = colorJitter * signedUnit(mixed(word, 5, seed));
    const warmth = colorJitter * 0.35 * signedUnit(mixed(word, 6, seed));
    const painted = f32x4.mul(
      color,
      f32x4.add(f32x4.splat(1 + tint), f32x4.replace_lane(f32x4.replace_lane(f32x4.splat(0), 0, warmth), 2, -warmth)),
    );
    const own = f32x4.max(f32x4.splat(0), f32x4.min(f32x4.splat(1), painted));
    const list = points + <usize>pointCount * POINT;
    storePath(list, scratch, ends, steps, x, y);
    // The tips are thin: they do not count as covered.
    for (let k = 1; k < steps - 1; k++) stamp(canvas, halfWidth, halfHeight, list + <usize>k * POINT, half, own);
    const stroke = strokes + <usize>strokeCount * STROKE;
    store<i32>(stroke, pointCount);
    store<i32>(stroke + 4, steps + 1);
    store<f32>(stroke + 16, f32x4.extract_lane(own, 0) * 255);
    store<f32>(stroke + 20, f32x4.extract_lane(own, 1) * 255);
    store<f32>(stroke + 24, f32x4.extract_lane(own, 2) * 255);
    store<f32>(stroke + 28, half * pxX);
    // Light paint is laid on thicker.
    const light = f32x4.extract_lane(own, 0) * 0.3 + f32x4.extract_lane(own, 1) * 0.6 + f32x4.extract_lane(own, 2) * 0.1;
    store<f32>(stroke + 32, thickness * (0.7 + 0.5 * light) * (1 + 0.25 * signedUnit(mixed(word, 7, seed))));
    store<i32>(stroke + 36, mixed(word, 8, seed));
    const wet = signedUnit(mixed(word, 9, seed));
    store<f32>(stroke + 44, wet > 0.6 ? 0.2 : -1);
    finishPath(list, steps, pxX, pxY, stroke, half * pxX);
    store<i32>(counts, strokeCount + 1);
    store<i32>(counts + 4, pointCount + steps + 1);
  }
}

/** Whether the surface is one at (x, y) and to both sides of it. */
function fits(
  reference: usize,
  width: i32,
  height: i32,
  scale: f32,
  color: v128,
  x: f32,
  y: f32,
  nx: f32,
  ny: f32,
  tolerance: f32,
): boolean {
  const a = v128.load(texelAt(reference, width, height, (x + nx) * scale, (y + ny) * scale));
  if (distance(a, color) > tolerance) return false;
  const b = v128.load(texelAt(reference, width, height, (x - nx) * scale, (y - ny) * scale));
  return distance(b, color) <= tolerance;
}

/** Puts the two halves of a path together: the points of the way back first, from its end. */
function storePath(list: usize, scratch: usize, ends: i32, steps: i32, x: f32, y: f32): void {
  const back = steps - ends;
  for (let k = 0; k <= steps; k++) {
    const to = list + <usize>k * POINT;
    if (k == back) {
      store<f32>(to, x);
      store<f32>(to + 4, y);
      continue;
    }
    const from =
      k < back ? scratch + (<usize>(MAX_STEPS + back - 1 - k) << 3) : scratch + (<usize>(k - back - 1) << 3);
    store<f32>(to, load<f32>(from));
    store<f32>(to + 4, load<f32>(from + 4));
  }
}

/** Brings a path to print size and notes its directions, lengths and vertical extent. */
function finishPath(list: usize, steps: i32, pxX: f32, pxY: f32, stroke: usize, half: f32): void {
  for (let k = 0; k <= steps; k++) {
    const at = list + <usize>k * POINT;
    store<f32>(at, load<f32>(at) * pxX);
    store<f32>(at + 4, load<f32>(at + 4) * pxY);
  }
  let low: f32 = 1e9;
  let high: f32 = -1e9;
  let arc: f32 = 0;
  let lastX: f32 = 0;
  let lastY: f32 = 0;
  for (let k = 0; k <= steps; k++) {
    const at = list + <usize>k * POINT;
    let bx = lastX;
    let by = lastY;
    let length: f32 = 0;
    if (k < steps) {
      const dx = load<f32>(at + POINT) - load<f32>(at);
      const dy = load<f32>(at + POINT + 4) - load<f32>(at + 4);
      length = sqrt<f32>(dx * dx + dy * dy);
      lastX = dx / length;
      lastY = dy / length;
      bx += lastX;
      by += lastY;
    }
    const size = <f32>1 / sqrt<f32>(bx * bx + by * by);
    store<f32>(at + 8, bx * size);
    store<f32>(at + 12, by * size);
    store<f32>(at + 16, arc);
    arc += length;
    low = min<f32>(low, load<f32>(at + 4));
    high = max<f32>(high, load<f32>(at + 4));
  }
  const reach = half * 1.1 + 2;
  store<f32>(stroke + 8, low - reach);
  store<f32>(stroke + 12, high + reach);
  store<f32>(stroke + 40, arc);
}

/** Paints one segment flat on the canvas. */
function stamp(canvas: usize, width: i32, height: i32, point: usize, half: f32, color: v128): void {
  const px = load<f32>(point) * 0.5;
  const py = load<f32>(point + 4) * 0.5;
  const qx = load<f32>(point + POINT) * 0.5;
  const qy = load<f32>(point + POINT + 4) * 0.5;
  const r = max<f32>(0.6, half * 0.45);
  const dx = qx - px;
  const dy = qy - py;
  const length = sqrt<f32>(dx * dx + dy * dy);
  const tx = dx / length;
  const ty = dy / length;
  const x0 = max(0, <i32>(min<f32>(px, qx) - r));
  const x1 = min(width - 1, <i32>(max<f32>(px, qx) + r));
  const y0 = max(0, <i32>(min<f32>(py, qy) - r));
  const y1 = min(height - 1, <i32>(max<f32>(py, qy) + r));
  for (let y = y0; y <= y1; y++) {
    const ry = <f32>y + 0.5 - py;
    for (let x = x0; x <= x1; x++) {
      const rx = <f32>x + 0.5 - px;
      const along = rx * tx + ry * ty;
      if (along < 0 || along >= length || abs<f32>(ry * tx - rx * ty) > r) continue;
      const at = canvas + (<usize>(y * width + x) << 4);
      v128.store(at, f32x4.replace_lane(color, 3, load<f32>(at + 12) + 1));
    }
  }
}
