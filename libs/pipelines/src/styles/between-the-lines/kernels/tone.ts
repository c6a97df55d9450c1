// The tone that the lines carry.

/** Rec. 709 luma of RGB bytes, 0..1. */
export function lumaFromRgb(rgb: usize, luma: usize, width: i32, from: i32, to: i32): void {
  const end = <usize>(width * to);
  for (let i = <usize>(width * from); i < end; i++) {
    const p = rgb + i * 3;
    const sum = <i32>load<u8>(p) * 2126 + <i32>load<u8>(p + 1) * 7152 + <i32>load<u8>(p + 2) * 722;
    store<f32>(luma + (i << 2), <f32>sum * (<f32>1 / 2550000));
  }
}

/**
 * Share of the pitch that ink covers, in place, from lightness: stretched to the photo's range, local contrast raised.
 * @param surround lightness of the surroundings
 * @param low lightness that prints black
 * @param scale one over the range from there to white
 * @param paper stretched lightness from which on paper stays bare
 * @param darkness 0 for a parabola that keeps mid-tones open .. 1 for a straight line that fills them
 */
export function inkShares(
  lightness: usize,
  surround: usize,
  width: i32,
  low: f32,
  scale: f32,
  local: f32,
  paper: f32,
  darkness: f32,
  from: i32,
  to: i32,
): void {
  const end = <usize>(width * to) << 2;
  for (let i = <usize>(width * from) << 2; i < end; i += 4) {
    const l = load<f32>(lightness + i);
    const light = min<f32>(1, max<f32>(0, (l + local * (l - load<f32>(surround + i)) - low) * scale));
    const dark = max<f32>(0, (paper - light) / paper);
    store<f32>(lightness + i, dark * (darkness + (1 - darkness) * dark) * <f32>1.06);
  }
}
