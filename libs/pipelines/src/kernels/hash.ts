// Noise as a pure function of absolute lattice coordinates, the same as hash2 and hashUnit of fields/hash-noise.ts.

/** A well-mixed 32-bit word for a lattice point. */
// @ts-ignore: decorator
@inline
export function hash2(x: i32, y: i32, seed: i32): u32 {
  let h = <u32>((x * 0x27d4eb2d) ^ (y * 0x165667b1) ^ (seed * 0x2545f491));
  h = (h ^ (h >>> 15)) * 0x85ebca6b;
  h = (h ^ (h >>> 13)) * 0xc2b2ae35;
  return h ^ (h >>> 16);
}

/** The upper 24 bits of {@link hash2} as a fraction, 0 <= f < 1. */
// @ts-ignore: decorator
@inline
export function hashUnit(x: i32, y: i32, seed: i32): f32 {
  return <f32>(hash2(x, y, seed) >>> 8) * <f32>(1.0 / 16777216.0);
}
