// Center lines of brush strokes.

/** Coverage, 0..255, from which on nothing below shows. */
export const COVERED: i32 = 252;

/** Words of a stroke as the kernel oilStrokes reads it; lengths in print pixels. */
@unmanaged
export class Stroke {
  firstPoint: i32;
  points: i32;
  top: f32;
  bottom: f32;
  /** 0..255. */
  red: f32;
  green: f32;
  blue: f32;
  half: f32;
  thickness: f32;
  hash: i32;
  length: f32;
  /** Share of the bristles without paint, negative for a full brush. */
  dryness: f32;
}

/** A point of the center line, the direction halfway between its segments, and the way along the line up to it. */
@unmanaged
export class Point {
  x: f32;
  y: f32;
  dx: f32;
  dy: f32;
  arc: f32;
}

export const STROKE: usize = 48;
export const POINT: usize = 20;
/** Points to each side of a seed at most. */
export const MAX_STEPS: i32 = 64;

/** Puts the two halves of a path together: the points of the way back first, from its end. */
export function storePath(list: usize, scratch: usize, ends: i32, steps: i32, x: f32, y: f32): void {
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
export function finishPath(list: usize, steps: i32, pxX: f32, pxY: f32, stroke: Stroke): void {
  for (let k = 0; k <= steps; k++) {
    const point = changetype<Point>(list + <usize>k * POINT);
    point.x *= pxX;
    point.y *= pxY;
  }
  stroke.top = f32.MAX_VALUE;
  stroke.bottom = -f32.MAX_VALUE;
  const reach = stroke.half * 1.1 + 2;
  let arc: f32 = 0;
  let lastX: f32 = 0;
  let lastY: f32 = 0;
  for (let k = 0; k <= steps; k++) {
    const point = changetype<Point>(list + <usize>k * POINT);
    let dx = lastX;
    let dy = lastY;
    let length: f32 = 0;
    if (k < steps) {
      const next = changetype<Point>(list + <usize>(k + 1) * POINT);
      length = sqrt<f32>((next.x - point.x) * (next.x - point.x) + (next.y - point.y) * (next.y - point.y));
      lastX = (next.x - point.x) / length;
      lastY = (next.y - point.y) / length;
      dx += lastX;
      dy += lastY;
    }
    const size = <f32>1 / sqrt<f32>(dx * dx + dy * dy);
    point.dx = dx * size;
    point.dy = dy * size;
    point.arc = arc;
    arc += length;
    stroke.top = min<f32>(stroke.top, point.y - reach);
    stroke.bottom = max<f32>(stroke.bottom, point.y + reach);
  }
  stroke.length = arc;
}
