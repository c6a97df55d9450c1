// Pictures, directions and the canvas from which an oil painting's strokes are made.

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

/** Moves red, green and blue farther from their luma, in place. The fourth value stays. */
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
 * surroundings dominates.
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
