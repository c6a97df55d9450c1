import { hashUnit } from './hash-noise.js';

export interface KmeansOptions {
  /** Number of centres, 1..32. */
  readonly k: number;
  readonly seed: number;
  readonly restarts: number;
}

const MAX_ROUNDS = 60;

interface Clustering {
  readonly centres: Float64Array;
  readonly inertia: number;
}

/**
 * Weighted k-means with k-means++ seeding (Arthur and Vassilvitskii 2007), best of several fixed starts.
 * @param points x, y, z interleaved
 * @param weights one per point, above 0
 * @returns k centres, x, y, z interleaved; fewer distinct ones only when the points themselves have fewer
 */
export function kmeans(points: Float32Array, weights: Float32Array, options: KmeansOptions): Float64Array {
  let best: Clustering | undefined;
  for (let start = 0; start < options.restarts; start++) {
    const found = refine(points, weights, seedCentres(points, weights, options.k, options.seed + start));
    if (best === undefined || found.inertia < best.inertia) best = found;
  }
  return best!.centres;
}

function seedCentres(points: Float32Array, weights: Float32Array, k: number, seed: number): Float64Array {
  const n = weights.length;
  const centres = new Float64Array(3 * k);
  const nearest = new Float64Array(n).fill(1);
  for (let c = 0; c < k; c++) {
    const chosen = pick(nearest, weights, hashUnit(c, 7, seed));
    for (let d = 0; d < 3; d++) centres[3 * c + d] = points[3 * chosen + d];
    for (let i = 0; i < n; i++) {
      const distance = squaredDistance(points, 3 * i, centres, 3 * c);
      if (c === 0 || distance < nearest[i]) nearest[i] = distance;
    }
  }
  return centres;
}

/** The point at which the running sum of weight times squared distance passes the given share. */
function pick(squares: Float64Array, weights: Float32Array, share: number): number {
  let total = 0;
  for (let i = 0; i < squares.length; i++) total += squares[i] * weights[i];
  let left = total * share;
  for (let i = 0; i < squares.length; i++) {
    left -= squares[i] * weights[i];
    if (left < 0) return i;
  }
  return squares.length - 1;
}

function refine(points: Float32Array, weights: Float32Array, centres: Float64Array): Clustering {
  let inertia = Infinity;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const next = step(points, weights, centres);
    const settled = inertia - next <= 1e-4 * next;
    inertia = next;
    if (settled) break;
  }
  return { centres, inertia };
}

/** One Lloyd step; moves the centres and returns the inertia before the move. */
function step(points: Float32Array, weights: Float32Array, centres: Float64Array): number {
  const k = centres.length / 3;
  const sums = new Float64Array(4 * k);
  let inertia = 0;
  let farthest = 0;
  let farthestDistance = -1;
  for (let i = 0; i < weights.length; i++) {
    const c = nearestCentre(points, 3 * i, centres);
    const distance = weights[i] * squaredDistance(points, 3 * i, centres, 3 * c);
    inertia += distance;
    if (distance > farthestDistance) [farthest, farthestDistance] = [i, distance];
    for (let d = 0; d < 3; d++) sums[4 * c + d] += weights[i] * points[3 * i + d];
    sums[4 * c + 3] += weights[i];
  }
  for (let c = 0; c < k; c++) {
    const weight = sums[4 * c + 3];
    // A centre nobody chose moves to the worst served point.
    for (let d = 0; d < 3; d++) centres[3 * c + d] = weight > 0 ? sums[4 * c + d] / weight : points[3 * farthest + d];
  }
  return inertia;
}

/** Index of the centre nearest to the point at `at`; the lowest one on a tie. */
export function nearestCentre(points: Float32Array, at: number, centres: Float64Array): number {
  let best = 0;
  let bestDistance = Infinity;
  for (let c = 0; 3 * c < centres.length; c++) {
    const distance = squaredDistance(points, at, centres, 3 * c);
    if (distance < bestDistance) [best, bestDistance] = [c, distance];
  }
  return best;
}

function squaredDistance(points: Float32Array, p: number, centres: Float64Array, c: number): number {
  const x = points[p] - centres[c];
  const y = points[p + 1] - centres[c + 1];
  const z = points[p + 2] - centres[c + 2];
  return x * x + y * y + z * z;
}
