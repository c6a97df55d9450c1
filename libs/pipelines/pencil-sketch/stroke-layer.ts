import { directionalBox } from '../fields/directional-box.js';
import { exactSinCos } from '../fields/exact-math.js';
import { percentile } from '../fields/lightness.js';
import { newPlane, type Plane } from '../fields/plane.js';
import type { Checkpoint } from '../pipeline.js';

const DIRECTIONS = 8;

/**
 * Redraws edges as straight strokes that overshoot their ends, as a hand does (Lu, Xu and Jia 2012).
 * @param edges thin edge response, 0 where there is none
 * @param halfLength of a stroke, in pixels
 * @returns pressure of the outlines, 0..1
 */
export async function strokeLayer(edges: Plane, halfLength: number, checkpoint: Checkpoint): Promise<Plane> {
  const { width, height } = edges;
  const angles = Array.from({ length: DIRECTIONS }, (_, i) => exactSinCos((i * 180) / DIRECTIONS));
  const strongest = new Float32Array(width * height).fill(-1);
  const direction = new Uint8Array(width * height);
  for (let d = 0; d < DIRECTIONS; d++) {
    const { data } = directionalBox(edges, angles[d], halfLength);
    for (let i = 0; i < data.length; i++) {
      if (data[i] <= strongest[i]) continue;
      strongest[i] = data[i];
      direction[i] = d;
    }
    await checkpoint();
  }
  const strokes = newPlane(width, height);
  const chosen = newPlane(width, height);
  for (let d = 0; d < DIRECTIONS; d++) {
    for (let i = 0; i < chosen.data.length; i++) chosen.data[i] = direction[i] === d ? edges.data[i] : 0;
    const { data } = directionalBox(chosen, angles[d], halfLength);
    for (let i = 0; i < data.length; i++) strokes.data[i] += data[i];
    await checkpoint();
  }
  return blendWithEdges(strokes, edges);
}

/** Strokes carry the gesture, the edges themselves the likeness. */
function blendWithEdges(strokes: Plane, edges: Plane): Plane {
  const strokeScale = 1 / Math.max(1e-4, percentile(strokes, 0.992));
  const edgeScale = 1 / Math.max(1e-4, percentile(edges, 0.99));
  const out = newPlane(strokes.width, strokes.height);
  for (let i = 0; i < out.data.length; i++) {
    const value = 0.6 * strokes.data[i] * strokeScale + 0.75 * edges.data[i] * edgeScale;
    out.data[i] = value > 1 ? 1 : value;
  }
  return out;
}
