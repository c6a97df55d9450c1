import type { RenderSession } from '../engine/render-session.js';
import { hashUnit } from './hash-noise.js';

export interface KmeansOptions {
  /** Number of centers, 1..32. */
  readonly k: number;
  readonly seed: number;
  readonly restarts: number;
}

const MAX_ROUNDS = 60;
const TOLERANCE = 1e-4;

/**
 * Weighted k-means with k-means++ seeding (Arthur and Vassilvitskii 2007), best of several fixed starts.
 * @param points x, y, z and weight (above 0) interleaved
 * @returns k centers, x, y, z interleaved; fewer distinct ones only when the points themselves have fewer
 */
export async function kmeans(
  session: RenderSession,
  points: Float32Array,
  options: KmeansOptions,
): Promise<Float64Array> {
  const { k, seed, restarts } = options;
  const { arena } = session;
  return arena.scoped(async () => {
    const n = points.length / 4;
    const at = arena.storeF32(points);
    const centers = arena.allocate(restarts * k * 32);
    const sums = arena.allocate(restarts * k * 32);
    const inertia = arena.allocate(restarts * 8);
    for (let start = 0; start < restarts; start++) {
      arena.f64(centers + start * k * 32, k * 4).set(seedCenters(points, k, seed + start));
    }
    await session.parallelRows('lloyd', restarts, at, n, centers, k, sums, inertia, MAX_ROUNDS, TOLERANCE);
    const found = arena.f64(inertia, restarts);
    let best = 0;
    for (let start = 1; start < restarts; start++) if (found[start] < found[best]) best = start;
    return arena.f64(centers + best * k * 32, k * 4).filter((_, i) => i % 4 < 3);
  });
}

/** Four numbers per center, the last unused. */
function seedCenters(points: Float32Array, k: number, seed: number): Float64Array {
  const n = points.length / 4;
  const centers = new Float64Array(4 * k);
  const nearest = new Float64Array(n).fill(1);
  for (let c = 0; c < k; c++) {
    const chosen = pick(nearest, points, hashUnit(c, 7, seed));
    const [x, y, z] = points.subarray(4 * chosen, 4 * chosen + 3);
    centers.set([x, y, z], 4 * c);
    for (let i = 0; i < n; i++) {
      const dx = points[4 * i] - x;
      const dy = points[4 * i + 1] - y;
      const dz = points[4 * i + 2] - z;
      const distance = dx * dx + dy * dy + dz * dz;
      if (c === 0 || distance < nearest[i]) nearest[i] = distance;
    }
  }
  return centers;
}

/** The point at which the running sum of weight times squared distance passes the given share. */
function pick(squares: Float64Array, points: Float32Array, share: number): number {
  let total = 0;
  for (let i = 0; i < squares.length; i++) total += squares[i] * points[4 * i + 3];
  let left = total * share;
  for (let i = 0; i < squares.length; i++) {
    left -= squares[i] * points[4 * i + 3];
    if (left < 0) return i;
  }
  return squares.length - 1;
}
