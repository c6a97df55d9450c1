/** Noise as a pure function of absolute lattice coordinates: the same in every band, thread and run. */

/** A well-mixed 32-bit word for a lattice point. All arguments are 32-bit integers. */
export function hash2(x: number, y: number, seed: number): number {
  let h = Math.imul(x, 0x27d4eb2d) ^ Math.imul(y, 0x165667b1) ^ Math.imul(seed, 0x2545f491);
  h = Math.imul(h ^ (h >>> 15), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** {@link hash2} as a fraction, 0 <= f < 1. */
export function hashUnit(x: number, y: number, seed: number): number {
  return (hash2(x, y, seed) >>> 0) / 4294967296;
}
