// The wave whose crests are the middle of the lines, and how far it exceeds the width that the tone asks for.

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
