// Fields of a pencil drawing at working size, and the noise of its paper: hashes of absolute lattice coordinates.

import { hashUnit } from '../../../kernels/hash';

/**
 * One lattice line of value noise, enlarged to every print column, so that rows need only blend two lines.
 * @param line number of the lattice line; each is shifted sideways, or the lattice would show
 * @param spacing of the lattice in print pixels
 * @param out n f32, 0..1
 */
export function noiseLine(line: i32, spacing: f32, seed: u32, out: usize, n: i32): void {
  const shift = hashUnit(line, 0x5bd1e995, seed);
  const scale: f32 = 1 / spacing;
  let node = -1;
  let a: f32 = 0;
  let b = hashUnit(0, line, seed);
  for (let x = 0; x < n; x++) {
    const at = <f32>x * scale + shift;
    const i = <i32>at;
    while (node < i) {
      node++;
      a = b;
      b = hashUnit(node + 1, line, seed);
    }
    const t = at - <f32>i;
    store<f32>(out + (<usize>x << 2), a + (b - a) * (t * t * (3 - 2 * t)));
  }
}

/**
 * Lightness to be drawn: that of the smoothed photo with some of the detail that the smoothing took.
 * @param detail 0 smooth .. 1 photo
 */
export function sketchLightness(
  rgb: usize,
  calm: usize,
  out: usize,
  detail: f32,
  width: i32,
  from: i32,
  to: i32,
): void {
  const end = <usize>(to * width);
  for (let i = <usize>(from * width); i < end; i++) {
    const p = rgb + i * 3;
    const luma =
      (<f32>0.2126 * <f32>load<u8>(p) + <f32>0.7152 * <f32>load<u8>(p + 1) + <f32>0.0722 * <f32>load<u8>(p + 2)) / 255;
    const smooth = load<f32>(calm + (i << 4) + 12);
    store<f32>(out + (i << 2), smooth + detail * (luma - smooth));
  }
}

/** Values 0..1 through a curve, in place. @param curve 257 f32 */
export function curvePlane(plane: usize, curve: usize, width: i32, from: i32, to: i32): void {
  const end = <usize>(to * width);
  for (let i = <usize>(from * width); i < end; i++) {
    const at: f32 = min<f32>(max<f32>(load<f32>(plane + (i << 2)), 0), 1) * 255;
    const low = <i32>at;
    const p = curve + (<usize>low << 2);
    const a = load<f32>(p);
    store<f32>(plane + (i << 2), a + (load<f32>(p + 4) - a) * (at - <f32>low));
  }
}

/**
 * Displacement of the hatching in pitches: `relief` times a soft lightness, so that strokes bend around forms, and the
 * wavering of a hand. In place.
 * @param scale lattice lines of the wavering per working pixel
 */
export function hatchWarp(
  plane: usize,
  relief: f32,
  waver: f32,
  scale: f32,
  seed: u32,
  width: i32,
  from: i32,
  to: i32,
): void {
  for (let y = from; y < to; y++) {
    const v = <f32>y * scale;
    const j = <i32>v;
    const fy = v - <f32>j;
    const sy = fy * fy * (3 - 2 * fy);
    let node = -1;
    let a: f32 = 0;
    let b: f32 = 0;
    for (let x = 0; x < width; x++) {
      const u = <f32>x * scale;
      const i = <i32>u;
      if (i != node) {
        node = i;
        a = hashUnit(i, j, seed) * (1 - sy) + hashUnit(i, j + 1, seed) * sy;
        b = hashUnit(i + 1, j, seed) * (1 - sy) + hashUnit(i + 1, j + 1, seed) * sy;
      }
      const fx = u - <f32>i;
      const noise = a + (b - a) * (fx * fx * (3 - 2 * fx));
      const at = plane + (<usize>(y * width + x) << 2);
      store<f32>(at, relief * load<f32>(at) + waver * noise);
    }
  }
}
