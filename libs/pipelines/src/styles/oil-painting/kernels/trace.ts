// Placing brush strokes on the working image (Hertzmann 1998). Lengths are working pixels; the flow and the canvas have
// half the size of the working image. A canvas texel is the color painted so far, -1 where there is none, and how many
// strokes of this layer cover it.
import { finishPath, MAX_STEPS, POINT, storePath, STROKE, Stroke } from './paths';
import { hash2 } from '../../../kernels/hash';

/** Faces are small and matter most: they are painted more closely. */
const SKIN_TOLERANCE: f32 = 0.45;

/** A brush, what it is to paint and where its strokes go. */
@unmanaged
export class StrokeLayer {
  /** Half the width of the brush. */
  half: f32;
  /** Of the grid of seeds. */
  step: f32;
  /** Squared color error that calls for a stroke. */
  leastError: f32;
  /** Squared color differences that end a stroke. */
  alongTolerance: f32;
  sideTolerance: f32;
  /** Steps to each side of the seed. */
  reach: f32;
  angleJitter: f32;
  colorJitter: f32;
  /** Share of the flow in a turn. */
  turn: f32;
  /** Narrowest brush as share of the half width. */
  narrowest: f32;
  thickness: f32;
  /** Reference pixels per working pixel. */
  scale: f32;
  /** Print pixels per working pixel. */
  pxX: f32;
  pxY: f32;
  fewestSteps: i32;
  /** Steps to each side that nothing prevents: 0 for all brushes but the finest, which may not leave gaps. */
  sureSteps: i32;
  /** Texels of the picture this layer should look like. */
  reference: usize;
  referenceWidth: i32;
  referenceHeight: i32;
  flow: usize;
  canvas: usize;
  /** Of flow and canvas. */
  width: i32;
  height: i32;
  columns: i32;
  cells: i32;
  /** Coprime to the number of cells: visit i is to cell i * stride. */
  stride: i32;
  seed: i32;
  /** One byte per cell: whether it wants a stroke. */
  wanted: usize;
  strokes: usize;
  maxStrokes: i32;
  points: usize;
  maxPoints: i32;
  strokeCount: i32;
  pointCount: i32;
  /** 2 * 64 * 8 bytes. */
  scratch: usize;
}

/** Where a stroke begins. */
@unmanaged
class Seed {
  x: f32;
  y: f32;
  /** Direction there. */
  dx: f32;
  dy: f32;
  half: f32;
  /** Sideways share of the flow. */
  jitter: f32;
  word: i32;
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

/** -1..1. */
// @ts-ignore: decorator
@inline
function signedUnit(word: i32): f32 {
  return <f32>word * <f32>(1.0 / 2147483648.0);
}

// @ts-ignore: decorator
@inline
function referenceAt(layer: StrokeLayer, x: f32, y: f32): v128 {
  const scale = layer.scale;
  return v128.load(texelAt(layer.reference, layer.referenceWidth, layer.referenceHeight, x * scale, y * scale));
}

// @ts-ignore: decorator
@inline
function canvasAt(layer: StrokeLayer, x: f32, y: f32): v128 {
  return v128.load(texelAt(layer.canvas, layer.width, layer.height, x * 0.5, y * 0.5));
}

// @ts-ignore: decorator
@inline
function flowAt(layer: StrokeLayer, x: f32, y: f32): usize {
  return texelAt(layer.flow, layer.width, layer.height, x * 0.5, y * 0.5);
}

/** Hash of the cell that seed and stroke take their chances from. */
// @ts-ignore: decorator
@inline
function wordOf(cell: i32, columns: i32, seed: i32): i32 {
  const row = cell / columns;
  return <i32>hash2(cell - row * columns, row, seed);
}

// @ts-ignore: decorator
@inline
function seedX(cell: i32, columns: i32, word: i32, step: f32): f32 {
  return (<f32>(cell % columns) + 0.5 + 0.45 * signedUnit(word)) * step;
}

// @ts-ignore: decorator
@inline
function seedY(cell: i32, columns: i32, word: i32, step: f32): f32 {
  return (<f32>(cell / columns) + 0.5 + 0.45 * signedUnit(<i32>hash2(word, 1, 77))) * step;
}

/** Marks the cells of a layer's grid where the canvas is too far from the picture. @param from,to rows of the grid */
export function wantedStrokes(at: usize, from: i32, to: i32): void {
  const layer = changetype<StrokeLayer>(at);
  const q = layer.half * 0.4;
  const leastError = <f32>6 * layer.leastError;
  for (let cell = from * layer.columns; cell < to * layer.columns; cell++) {
    const word = wordOf(cell, layer.columns, layer.seed);
    const x = seedX(cell, layer.columns, word, layer.step);
    const y = seedY(cell, layer.columns, word, layer.step);
    let wants: u8 = 0;
    if (x < <f32>(layer.width * 2) && y < <f32>(layer.height * 2)) {
      const color = referenceAt(layer, x, y);
      let error = distance(color, canvasAt(layer, x, y)) * 2;
      for (let k = 0; k < 4; k++) {
        const sx = x + (k & 1 ? q : -q);
        const sy = y + (k & 2 ? q : -q);
        error += distance(referenceAt(layer, sx, sy), canvasAt(layer, sx, sy));
      }
      if (error >= leastError * (isSkinLike(color) ? SKIN_TOLERANCE : 1)) wants = 1;
    }
    store<u8>(layer.wanted + <usize>cell, wants);
  }
}

/** Adds the strokes of one layer to the list: those of the visits from..to, for work in several calls. */
export function traceLayer(at: usize, from: i32, to: i32): void {
  const layer = changetype<StrokeLayer>(at);
  const seed = changetype<Seed>(layer.scratch + <usize>(2 * MAX_STEPS) * 8);
  let cell = <i32>((<u64>from * <u64>layer.stride) % <u64>layer.cells);
  for (let i = from; i < to; i++) {
    cell += layer.stride;
    if (cell >= layer.cells) cell -= layer.cells;
    if (!load<u8>(layer.wanted + <usize>cell)) continue;
    const word = wordOf(cell, layer.columns, layer.seed);
    seed.word = word;
    seed.x = seedX(cell, layer.columns, word, layer.step);
    seed.y = seedY(cell, layer.columns, word, layer.step);
    const there = canvasAt(layer, seed.x, seed.y);
    if (f32x4.extract_lane(there, 3) > 0) continue;
    point(layer, seed);
    const color = colorUnder(layer, seed);
    const fitting = narrow(layer, seed, color);
    // The finest brush is the last chance to cover a place.
    if (!fitting && (layer.sureSteps == 0 || f32x4.extract_lane(there, 0) >= 0)) continue;
    const ahead = walk(layer, seed, color, 0);
    const back = walk(layer, seed, color, 1);
    if (ahead + back < layer.fewestSteps) continue;
    if (layer.strokeCount >= layer.maxStrokes || layer.pointCount + ahead + back + 1 > layer.maxPoints) return;
    record(layer, seed, color, ahead, ahead + back);
  }
}

/** Direction of the flow at the seed, off by chance where the flow is weak. */
function point(layer: StrokeLayer, seed: Seed): void {
  const at = flowAt(layer, seed.x, seed.y);
  const jitter = layer.angleJitter * (1 - 0.85 * load<f32>(at + 8)) * signedUnit(<i32>hash2(seed.word, 2, layer.seed));
  const dx = load<f32>(at) - jitter * load<f32>(at + 4);
  const dy = load<f32>(at + 4) + jitter * load<f32>(at);
  const size = <f32>1 / sqrt<f32>(dx * dx + dy * dy);
  seed.dx = dx * size;
  seed.dy = dy * size;
  seed.jitter = jitter;
}

/** Mean color under the brush, without what belongs to another surface. */
function colorUnder(layer: StrokeLayer, seed: Seed): v128 {
  const qx = layer.half * 0.4 * seed.dx;
  const qy = layer.half * 0.4 * seed.dy;
  const middle = referenceAt(layer, seed.x, seed.y);
  let sum = f32x4.add(middle, middle);
  for (let k = 0; k < 4; k++) {
    const sx = seed.x + (k == 0 ? qx : k == 1 ? -qx : k == 2 ? -qy : qy);
    const sy = seed.y + (k == 0 ? qy : k == 1 ? -qy : k == 2 ? qx : -qx);
    const color = referenceAt(layer, sx, sy);
    sum = f32x4.add(sum, distance(color, middle) < layer.sideTolerance ? color : middle);
  }
  return f32x4.mul(sum, f32x4.splat(1.0 / 6.0));
}

/** Chooses the widest brush that stays on one surface. @returns whether there is one */
function narrow(layer: StrokeLayer, seed: Seed, color: v128): boolean {
  const least = layer.half * layer.narrowest;
  seed.half = layer.half * (1 + 0.2 * signedUnit(<i32>hash2(seed.word, 3, layer.seed)));
  while (seed.half >= least) {
    if (fits(layer, color, seed.x, seed.y, -seed.dy * seed.half, seed.dx * seed.half)) return true;
    seed.half *= 0.8;
  }
  return false;
}

/** Whether the surface is one to both sides of (x, y). */
function fits(layer: StrokeLayer, color: v128, x: f32, y: f32, nx: f32, ny: f32): boolean {
  if (distance(referenceAt(layer, x + nx, y + ny), color) > layer.sideTolerance) return false;
  return distance(referenceAt(layer, x - nx, y - ny), color) <= layer.sideTolerance;
}

/**
 * Follows the flow from the seed until the color is another one, an outline is near or the brush is empty, and notes the
 * points in the scratch. @param way 0 ahead, 1 back @returns how many steps
 */
function walk(layer: StrokeLayer, seed: Seed, color: v128, way: i32): i32 {
  const trail = layer.scratch + <usize>(way * MAX_STEPS) * 8;
  const half = seed.half;
  const pace = half * 0.5;
  const spread: f32 = 0.75 + 0.35 * signedUnit(<i32>hash2(seed.word, 4, layer.seed));
  const most = min(MAX_STEPS, max(1, <i32>(layer.reach * spread)));
  const right = <f32>(layer.width * 2) + half;
  const bottom = <f32>(layer.height * 2) + half;
  let x = seed.x;
  let y = seed.y;
  let dx = way == 0 ? seed.dx : -seed.dx;
  let dy = way == 0 ? seed.dy : -seed.dy;
  let n = 0;
  for (; n < most; n++) {
    if (n > 0) {
      const flow = flowAt(layer, x, y);
      const fx = load<f32>(flow) - seed.jitter * load<f32>(flow + 4);
      const fy = load<f32>(flow + 4) + seed.jitter * load<f32>(flow);
      const sign: f32 = fx * dx + fy * dy < 0 ? -1 : 1;
      const nx = dx + layer.turn * (sign * fx - dx);
      const ny = dy + layer.turn * (sign * fy - dy);
      const size = <f32>1 / sqrt<f32>(nx * nx + ny * ny + 1e-9);
      // Tighter turns would fold the stroke.
      if ((nx * dx + ny * dy) * size < 0.93) break;
      dx = nx * size;
      dy = ny * size;
    }
    x += pace * dx;
    y += pace * dy;
    if (x < -half || y < -half || x > right || y > bottom) break;
    if (n >= layer.sureSteps && !goesOn(layer, color, x, y, dx, dy, half, n)) break;
    store<f32>(trail + (<usize>n << 3), x);
    store<f32>(trail + (<usize>n << 3) + 4, y);
  }
  return n;
}

// @ts-ignore: decorator
@inline
function goesOn(layer: StrokeLayer, color: v128, x: f32, y: f32, dx: f32, dy: f32, half: f32, n: i32): boolean {
  const wanted = referenceAt(layer, x, y);
  const off = distance(wanted, color);
  if (off > layer.alongTolerance) return false;
  if (n > 0 && off > distance(wanted, canvasAt(layer, x, y))) return false;
  // The finest brush is narrow enough to run along an outline.
  return layer.sureSteps > 0 || fits(layer, color, x, y, -dy * half * 0.9, dx * half * 0.9);
}

/** Adds the stroke to the list and to the canvas. @param ahead steps of those ahead of the seed */
function record(layer: StrokeLayer, seed: Seed, color: v128, ahead: i32, steps: i32): void {
  const tint = layer.colorJitter * signedUnit(<i32>hash2(seed.word, 5, layer.seed));
  const warmth = layer.colorJitter * 0.35 * signedUnit(<i32>hash2(seed.word, 6, layer.seed));
  const cast = f32x4.replace_lane(f32x4.replace_lane(f32x4.splat(1 + tint), 0, 1 + tint + warmth), 2, 1 + tint - warmth);
  const own = f32x4.max(f32x4.splat(0), f32x4.min(f32x4.splat(1), f32x4.mul(color, cast)));
  const list = layer.points + <usize>layer.pointCount * POINT;
  storePath(list, layer.scratch, ahead, steps, seed.x, seed.y);
  // The tips are thin: they do not count as covered.
  for (let k = 1; k < steps - 1; k++) {
    stamp(layer.canvas, layer.width, layer.height, list + <usize>k * POINT, seed.half, own);
  }
  const stroke = changetype<Stroke>(layer.strokes + <usize>layer.strokeCount * STROKE);
  const red = f32x4.extract_lane(own, 0);
  const green = f32x4.extract_lane(own, 1);
  const blue = f32x4.extract_lane(own, 2);
  stroke.firstPoint = layer.pointCount;
  stroke.points = steps + 1;
  stroke.red = red * 255;
  stroke.green = green * 255;
  stroke.blue = blue * 255;
  stroke.half = seed.half * layer.pxX;
  // Light paint is laid on thicker.
  const light = red * 0.3 + green * 0.6 + blue * 0.1;
  const loaded = <f32>1 + 0.25 * signedUnit(<i32>hash2(seed.word, 7, layer.seed));
  stroke.thickness = layer.thickness * (0.7 + 0.5 * light) * loaded;
  stroke.hash = <i32>hash2(seed.word, 8, layer.seed);
  stroke.dryness = signedUnit(<i32>hash2(seed.word, 9, layer.seed)) > 0.6 ? 0.2 : -1;
  finishPath(list, steps, layer.pxX, layer.pxY, stroke);
  layer.strokeCount++;
  layer.pointCount += steps + 1;
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
