/**
 * Lloyd's algorithm from several starts; start number `from` <= s < `to`.
 * @param points n of four f32: x, y, z, weight above 0
 * @param centers k of four f64 per start: x, y, z, unused; moved
 * @param sums scratch, k of four f64 per start
 * @param inertia f64 per start: what the last round found
 * @param tolerance relative gain below which the search ends
 */
export function lloyd(
  points: usize,
  n: i32,
  centers: usize,
  k: i32,
  sums: usize,
  inertia: usize,
  rounds: i32,
  tolerance: f64,
  from: i32,
  to: i32,
): void {
  for (let start = from; start < to; start++) {
    const own = centers + <usize>(start * k * 32);
    const total = sums + <usize>(start * k * 32);
    let last: f64 = Infinity;
    for (let round = 0; round < rounds; round++) {
      const next = lloydRound(points, n, own, k, total);
      const settled = last - next <= tolerance * next;
      last = next;
      if (settled) break;
    }
    store<f64>(inertia + ((<usize>start) << 3), last);
  }
}

/** One round; moves the centers and returns the inertia before the move. */
function lloydRound(points: usize, n: i32, centers: usize, k: i32, sums: usize): f64 {
  memory.fill(sums, 0, <usize>k * 32);
  let inertia: f64 = 0;
  let farthest = points;
  let farthestDistance: f64 = -1;
  for (let i = 0; i < n; i++) {
    const p = points + ((<usize>i) << 4);
    const x = <f64>load<f32>(p);
    const y = <f64>load<f32>(p + 4);
    const z = <f64>load<f32>(p + 8);
    const weight = <f64>load<f32>(p + 12);
    let best: usize = 0;
    let least: f64 = Infinity;
    for (let c: usize = 0; c < <usize>k * 32; c += 32) {
      const dx = x - load<f64>(centers + c);
      const dy = y - load<f64>(centers + c + 8);
      const dz = z - load<f64>(centers + c + 16);
      const distance = dx * dx + dy * dy + dz * dz;
      if (distance < least) {
        least = distance;
        best = c;
      }
    }
    const cost = weight * least;
    inertia += cost;
    if (cost > farthestDistance) {
      farthestDistance = cost;
      farthest = p;
    }
    const sum = sums + best;
    store<f64>(sum, load<f64>(sum) + weight * x);
    store<f64>(sum + 8, load<f64>(sum + 8) + weight * y);
    store<f64>(sum + 16, load<f64>(sum + 16) + weight * z);
    store<f64>(sum + 24, load<f64>(sum + 24) + weight);
  }
  for (let c: usize = 0; c < <usize>k * 32; c += 32) {
    const weight = load<f64>(sums + c + 24);
    for (let d: usize = 0; d < 3; d++) {
      // A center that no point chose moves to the worst served point.
      const value = weight > 0 ? load<f64>(sums + c + d * 8) / weight : <f64>load<f32>(farthest + d * 4);
      store<f64>(centers + c + d * 8, value);
    }
  }
  return inertia;
}
