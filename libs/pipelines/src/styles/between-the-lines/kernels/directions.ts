// Directions of the lines. A tangents field is two f32 per pixel, a unit vector whose x is not negative.

/** Means of 2 x 2 texels; an odd last row or column counts twice. */
export function halveTexels(texels: usize, out: usize, width: i32, height: i32, from: i32, to: i32): void {
  const halfWidth = (width + 1) >> 1;
  const quarter = f32x4.splat(0.25);
  for (let y = from; y < to; y++) {
    const top = texels + ((<usize>(2 * y) * <usize>width) << 4);
    const bottom = texels + ((<usize>min(2 * y + 1, height - 1) * <usize>width) << 4);
    for (let x = 0; x < halfWidth; x++) {
      const l = <usize>(2 * x) << 4;
      const r = <usize>min(2 * x + 1, width - 1) << 4;
      const sum = f32x4.add(
        f32x4.add(v128.load(top + l), v128.load(top + r)),
        f32x4.add(v128.load(bottom + l), v128.load(bottom + r)),
      );
      v128.store(out + (<usize>(y * halfWidth + x) << 4), f32x4.mul(sum, quarter));
    }
  }
}

/**
 * Doubled-angle vectors of the lines, in place, from smoothed tensors: the tensor's own direction as far as it is believed,
 * a fixed one otherwise. The vectors can be averaged.
 * @param follow 0..1
 * @param fullStrength gradient length at which a direction is fully believed
 * @param baseX doubled-angle vector of the fixed direction, of the length it weighs
 */
export function directionsOfTensor(
  tensor: usize,
  width: i32,
  follow: f32,
  fullStrength: f32,
  baseX: f32,
  baseY: f32,
  from: i32,
  to: i32,
): void {
  const end = tensor + ((<usize>width * <usize>to) << 4);
  for (let i = tensor + ((<usize>width * <usize>from) << 4); i < end; i += 16) {
    const e = load<f32>(i);
    const f = load<f32>(i + 4);
    const g = load<f32>(i + 8);
    const d = sqrt<f32>((e - g) * (e - g) + 4 * f * f);
    const sum = e + g;
    let trust: f32 = 0;
    let cx: f32 = 0;
    let cy: f32 = 0;
    if (d > 1e-12) {
      const strength = sqrt<f32>((sum + d) / 2);
      trust = follow * (d / sum) * min<f32>(1, strength / fullStrength);
      cx = (g - e) / d;
      cy = (-2 * f) / d;
    }
    store<f32>(i, trust * cx + (1 - trust) * baseX);
    store<f32>(i + 4, trust * cy + (1 - trust) * baseY);
    store<f32>(i + 8, trust);
  }
}

export function copyTexels(texels: usize, out: usize, width: i32, from: i32, to: i32): void {
  const rowBytes = <usize>width << 4;
  memory.copy(out + <usize>from * rowBytes, texels + <usize>from * rowBytes, <usize>(to - from) * rowBytes);
}

/** Adds `weight` times the second field to the first. */
export function addTexels(texels: usize, more: usize, weight: f32, width: i32, from: i32, to: i32): void {
  const end = (<usize>width * <usize>to) << 4;
  const w = f32x4.splat(weight);
  for (let i = (<usize>width * <usize>from) << 4; i < end; i += 16) {
    v128.store(texels + i, f32x4.add(v128.load(texels + i), f32x4.mul(w, v128.load(more + i))));
  }
}

// @ts-ignore: decorator
@inline
function storeTangent(at: usize, cos2: f32, sin2: f32): void {
  const length = sqrt<f32>(cos2 * cos2 + sin2 * sin2);
  const c: f32 = length > 1e-12 ? cos2 / length : 1;
  const ty = sqrt<f32>(max<f32>(0, (1 - c) / 2));
  store<f32>(at, sqrt<f32>(max<f32>(0, (1 + c) / 2)));
  store<f32>(at + 4, sin2 < 0 ? -ty : ty);
}

/** Tangents at full size from doubled-angle vectors at half size. */
export function tangentsOfDirections(half: usize, out: usize, width: i32, height: i32, from: i32, to: i32): void {
  const halfWidth = (width + 1) >> 1;
  const halfHeight = (height + 1) >> 1;
  for (let y = from; y < to; y++) {
    // A pixel lies a quarter of the way from the half-size pixel it is in to the next one.
    const near = y >> 1;
    const far = min(max(near + (y & 1 ? 1 : -1), 0), halfHeight - 1);
    const nearRow = half + (<usize>(near * halfWidth) << 4);
    const farRow = half + (<usize>(far * halfWidth) << 4);
    for (let x = 0; x < width; x++) {
      const a = <usize>(x >> 1) << 4;
      const b = <usize>min(max((x >> 1) + (x & 1 ? 1 : -1), 0), halfWidth - 1) << 4;
      const v = f32x4.add(
        f32x4.mul(
          f32x4.splat(0.75),
          f32x4.add(
            f32x4.mul(f32x4.splat(0.75), v128.load(nearRow + a)),
            f32x4.mul(f32x4.splat(0.25), v128.load(nearRow + b)),
          ),
        ),
        f32x4.mul(
          f32x4.splat(0.25),
          f32x4.add(
            f32x4.mul(f32x4.splat(0.75), v128.load(farRow + a)),
            f32x4.mul(f32x4.splat(0.25), v128.load(farRow + b)),
          ),
        ),
      );
      storeTangent(out + (<usize>(y * width + x) << 3), f32x4.extract_lane(v, 0), f32x4.extract_lane(v, 1));
    }
  }
}

/** Tangents of smoothed tensors. */
export function tangentsOfTensor(tensor: usize, out: usize, width: i32, from: i32, to: i32): void {
  const end = <usize>width * <usize>to;
  for (let i = <usize>width * <usize>from; i < end; i++) {
    const e = load<f32>(tensor + (i << 4));
    const f = load<f32>(tensor + (i << 4) + 4);
    const g = load<f32>(tensor + (i << 4) + 8);
    storeTangent(out + (i << 3), g - e, -2 * f);
  }
}
