import { sum4 } from './lanes';

// Ink where a field exceeds a threshold, with an edge about one print pixel wide whatever the enlargement.

/**
 * Lays ink over one print row.
 * @param row padded working row of the field, see upscale.ts
 * @param rises its change per print row
 * @param cells three i32 each: first tap, first print column, print column behind the last
 * @param leastSlope slope below which the field counts as flat, so that ink fades instead of flickering
 * @param opacity 0..1
 * @param hard 1 for no mixed pixels
 * @param out RGB of the row
 */
export function inkRow(
  row: usize,
  rises: usize,
  cells: usize,
  cellCount: i32,
  weights: usize,
  slopes: usize,
  threshold: f32,
  leastSlope: f32,
  opacity: f32,
  hard: i32,
  red: i32,
  green: i32,
  blue: i32,
  out: usize,
): void {
  const floor = f32x4.splat(threshold * 0.5);
  for (let c = 0; c < cellCount; c++) {
    const cell = cells + <usize>(c * 12);
    const i = <usize>load<i32>(cell) << 2;
    const v = v128.load(row + i);
    if (!v128.any_true(f32x4.gt(v, floor))) continue;
    const from = load<i32>(cell + 4);
    const to = load<i32>(cell + 8);
    const rise = v128.load(rises + i);
    for (let x = from; x < to; x++) {
      const w = v128.load(weights + (<usize>x << 4));
      const excess = sum4(f32x4.mul(v, w)) - threshold;
      const dx = sum4(f32x4.mul(v, v128.load(slopes + (<usize>x << 4))));
      const dy = sum4(f32x4.mul(rise, w));
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
