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

/** Value noise along a line: smooth in u with knots one apart, 0..1; each lane is independent of the others. */
export function laneNoise(u: number, lane: number, seed: number): number {
  const i = Math.floor(u);
  const f = u - i;
  const a = hashUnit(i, lane, seed);
  return a + (hashUnit(i + 1, lane, seed) - a) * (f * f * (3 - 2 * f));
}

/** Value noise in the plane: smooth, lattice one apart, 0..1. */
export function valueNoise(x: number, y: number, seed: number): number {
  const i = Math.floor(x);
  const j = Math.floor(y);
  const fx = x - i;
  const fy = y - j;
  const sx = fx * fx * (3 - 2 * fx);
  const sy = fy * fy * (3 - 2 * fy);
  const a = hashUnit(i, j, seed);
  const b = hashUnit(i + 1, j, seed);
  const c = hashUnit(i, j + 1, seed);
  const d = hashUnit(i + 1, j + 1, seed);
  const top = a + (b - a) * sx;
  return top + (c + (d - c) * sx - top) * sy;
}
