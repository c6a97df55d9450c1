// Lines of the style between-the-lines: their directions, the tone they carry and the wave they are crests of. A tangents
// field is two f32 per pixel, a unit vector whose x is not negative.
export * from './between-the-lines-flow';
export * from './between-the-lines-paint';
export * from './between-the-lines-specks';

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

/** Cosine of an angle in turns, error below 1e-5. */
// @ts-ignore: decorator
@inline
function cosineOfTurns(turns: f32): f32 {
  // The cosine is a sine of the distance from the nearest quarter.
  const q: f32 = 0.25 - abs<f32>(turns - nearest<f32>(turns));
  const s = q * q;
  return q * (<f32>6.2831853 + s * (<f32>-41.341702 + s * (<f32>81.605249 + s * (<f32>-76.70586 + s * <f32>42.0587))));
}

/**
 * Straight waves in sectors of like direction.
 * @param sectors u8 per step of ty from -1 to 1
 * @param steps how many of them, less one
 * @param normals two f32 per sector: waves per pixel along x and y
 */
export function sectorWaves(
  tangents: usize,
  out: usize,
  width: i32,
  sectors: usize,
  steps: i32,
  normals: usize,
  from: i32,
  to: i32,
): void {
  for (let y = from; y < to; y++) {
    for (let x = 0; x < width; x++) {
      const i = <usize>(y * width + x);
      const ty = load<f32>(tangents + (i << 3) + 4);
      const at = <i32>((ty + 1) * <f32>0.5 * <f32>steps + <f32>0.5);
      const normal = normals + (<usize>load<u8>(sectors + <usize>min(at, steps)) << 3);
      const turns = <f32>x * load<f32>(normal) + <f32>y * load<f32>(normal + 4);
      store<f32>(out + (i << 2), cosineOfTurns(turns));
    }
  }
}

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

/**
 * How far the wave exceeds the bound at which a line has the width that the tone asks for, in place of the wave.
 * @param gain makes up for what the enlargement takes from the wave
 * @param least share below which lines taper off, so that no hairline prints
 * @param most share above which ink closes, so that no pinhole prints
 */
export function lineExcess(
  wave: usize,
  share: usize,
  width: i32,
  gain: f32,
  least: f32,
  most: f32,
  from: i32,
  to: i32,
): void {
  const end = <usize>(width * to) << 2;
  for (let i = <usize>(width * from) << 2; i < end; i += 4) {
    const s = load<f32>(share + i);
    let bound: f32 = cosineOfTurns(min<f32>(1, s) * <f32>0.5);
    if (s < least) bound += 10 * (least - s);
    else if (s > most) bound -= 10 * (s - most);
    store<f32>(wave + i, gain * load<f32>(wave + i) - bound);
  }
}

/** How far straight lines exceed the width that the tone asks for, in pitches. @param share of the pitch to be inked */
export function straightExcess(
  share: usize,
  out: usize,
  width: i32,
  phaseX: f32,
  phaseY: f32,
  least: f32,
  most: f32,
  from: i32,
  to: i32,
): void {
  for (let y = from; y < to; y++) {
    for (let x = 0; x < width; x++) {
      const i = <usize>(y * width + x) << 2;
      const s = load<f32>(share + i);
      const at = (<f32>x + <f32>0.5) * phaseX + (<f32>y + <f32>0.5) * phaseY;
      const half = s * <f32>0.5 + 3 * (max<f32>(0, s - most) - max<f32>(0, least - s));
      store<f32>(out + i, half - abs<f32>(at - nearest<f32>(at)));
    }
  }
}
