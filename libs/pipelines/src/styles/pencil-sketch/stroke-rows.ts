import type { Address } from '../../engine/arena.js';
import type { RenderSession } from '../../engine/render-session.js';
import type { PrintGeometry } from '../../geometry.js';
import type { Stroke } from './contours.js';

/** Print rows that share a list of the segments near them. */
const BUCKET_ROWS = 16;

/** Segments in the shared memory and, for every group of print rows, the list of those that may touch them. */
export interface StrokeRows {
  readonly segments: Address;
  readonly lists: Address;
  /** Where the list of each bucket starts, and the end of the last. */
  readonly starts: Int32Array;
}

/** List of the segments near a print row. */
export function listOfRow({ lists, starts }: StrokeRows, y: number): { at: Address; count: number } {
  const bucket = Math.floor(y / BUCKET_ROWS);
  return { at: lists + starts[bucket] * 4, count: starts[bucket + 1] - starts[bucket] };
}

/**
 * Strokes as segments in print pixels, sorted by rows.
 * @param width of a stroke at full pressure, in print pixels
 * @param strength gain on the pressures
 */
export function layOutStrokes(
  session: RenderSession,
  strokes: readonly Stroke[],
  { width, strength }: { width: number; strength: number },
  geometry: PrintGeometry,
): StrokeRows {
  const count = strokes.reduce((sum, { xs }) => sum + xs.length - 1, 0);
  const segments = session.arena.allocate(Math.max(1, count) * 32);
  const values = session.arena.f32(segments, count * 8);
  const [sx, sy] = [1 / geometry.workingPerPxX, 1 / geometry.workingPerPxY];
  let o = 0;
  for (const { xs, ys, pressures } of strokes) {
    for (let k = 1; k < xs.length; k++, o += 8) {
      for (let end = 0; end < 2; end++) {
        const n = k - 1 + end;
        values[o + 2 * end] = (xs[n] + 0.5) * sx;
        values[o + 2 * end + 1] = (ys[n] + 0.5) * sy;
        // Pressed harder, the lead wears a broader line.
        values[o + 4 + end] = Math.max(0.8, width * (0.4 + 0.4 * pressures[n]));
        values[o + 6 + end] = strength * pressures[n];
      }
    }
  }
  return { segments, ...bucketLists(session, values, geometry.heightPx) };
}

function bucketLists(
  session: RenderSession,
  values: Float32Array,
  heightPx: number,
): Pick<StrokeRows, 'lists' | 'starts'> {
  const buckets = Math.ceil(heightPx / BUCKET_ROWS);
  const starts = new Int32Array(buckets + 2);
  const each = (visit: (segment: number, bucket: number) => void): void => {
    for (let s = 0; s < values.length / 8; s++) {
      const [y0, y1] = [values[8 * s + 1], values[8 * s + 3]];
      const reach = Math.max(values[8 * s + 4], values[8 * s + 5]) + 1;
      const first = Math.max(0, Math.floor((Math.min(y0, y1) - reach) / BUCKET_ROWS));
      const last = Math.min(buckets - 1, Math.floor((Math.max(y0, y1) + reach) / BUCKET_ROWS));
      for (let bucket = first; bucket <= last; bucket++) visit(s, bucket);
    }
  };
  each((_, bucket) => starts[bucket + 2]++);
  for (let bucket = 2; bucket < starts.length; bucket++) starts[bucket] += starts[bucket - 1];
  const lists = session.arena.allocate(Math.max(1, starts[buckets + 1]) * 4);
  const list = session.arena.i32(lists, starts[buckets + 1]);
  each((segment, bucket) => (list[starts[bucket + 1]++] = segment));
  return { lists, starts: starts.subarray(0, buckets + 1) };
}
