import { sum4 } from './lanes';

// Ink where a field exceeds a threshold, with an edge about one print pixel wide whatever the enlargement.

/** Ink where a field exceeds a threshold: what all print rows have in common. */
@unmanaged
export class InkRow {
  /** Padded working row of the field, see upscale.ts. */
  row: usize;
  /** Its change per print row. */
  gradients: usize;
  /** Three i32 each: first tap, first print column, print column behind the last. */
  cells: usize;
  cellCount: i32;
  weights: usize;
  slopes: usize;
  threshold: f32;
  /** Slope below which the field counts as flat, so that ink fades instead of flickering. */
  leastSlope: f32;
  /** 0..1. */
  opacity: f32;
  /** 1 for no mixed pixels. */
  hard: i32;
  red: i32;
  green: i32;
  blue: i32;
}

/**
 * Lays ink over one print row.
 * @param parameters see {@link InkRow}
 * @param out RGB of the row
 */
export function inkRow(parameters: usize, out: usize): void {
  const p = changetype<InkRow>(parameters);
  const row = p.row;
  const gradients = p.gradients;
  const cells = p.cells;
  const cellCount = p.cellCount;
  const weights = p.weights;
  const slopes = p.slopes;
  const threshold = p.threshold;
  const leastSlope = p.leastSlope;
  const opacity = p.opacity;
  const hard = p.hard;
  const red = p.red;
  const green = p.green;
  const blue = p.blue;
  const floor = f32x4.splat(threshold * 0.5);
  for (let c = 0; c < cellCount; c++) {
    const cell = cells + <usize>(c * 12);
    const i = <usize>load<i32>(cell) << 2;
    const v = v128.load(row + i);
    if (!v128.any_true(f32x4.gt(v, floor))) continue;
    const from = load<i32>(cell + 4);
    const to = load<i32>(cell + 8);
    const gradient = v128.load(gradients + i);
    for (let x = from; x < to; x++) {
      const w = v128.load(weights + (<usize>x << 4));
      const excess = sum4(f32x4.mul(v, w)) - threshold;
      const dx = sum4(f32x4.mul(v, v128.load(slopes + (<usize>x << 4))));
      const dy = sum4(f32x4.mul(gradient, w));
      const slope = max<f32>(sqrt<f32>(dx * dx + dy * dy), leastSlope);
      let amount = <f32>0.5 + excess / slope;
      if (amount <= 0) continue;
      if (amount > 1) amount = 1;
      if (hard) amount = amount >= 0.5 ? 1 : 0;
      const share = <i32>(amount * opacity * 256);
      const o = out + <usize>x * 3;
      store<u8>(o, <u8>((<i32>load<u8>(o) * (256 - share) + red * share + 128) >> 8));
      store<u8>(o + 1, <u8>((<i32>load<u8>(o + 1) * (256 - share) + green * share + 128) >> 8));
      store<u8>(o + 2, <u8>((<i32>load<u8>(o + 2) * (256 - share) + blue * share + 128) >> 8));
    }
  }
}
