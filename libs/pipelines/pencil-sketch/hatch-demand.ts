import { newPlane, type Plane } from '../fields/plane.js';
import type { Graphite } from './graphite.js';

const LEVELS = 33;
const BLOCK_PX = 96;

/**
 * How much hatching gives the tones wanted. Found by hatching trial patches, so the drawing keeps its tones whatever the
 * pitch, grain and resolution.
 * @param tones 0 black .. 1 paper
 * @returns demand 0..1 for {@link Graphite.hatch}
 */
export function hatchDemand(tones: Plane, graphite: Graphite): Plane {
  const lightness = Float64Array.from({ length: LEVELS }, (_, i) => patchLightness(graphite, i / (LEVELS - 1)));
  const out = newPlane(tones.width, tones.height);
  for (let i = 0; i < out.data.length; i++) out.data[i] = invert(lightness, tones.data[i]);
  return out;
}

function patchLightness(graphite: Graphite, demand: number): number {
  let sum = 0;
  for (let y = 0; y < BLOCK_PX; y++) {
    // Steps of 5 pixels see more of the strokes' variation than a dense block would.
    for (let x = 0; x < BLOCK_PX; x++) sum += graphite.hatch(5 * x, 5 * y, demand, graphite.paper(5 * x, 5 * y), -1);
  }
  return sum / (BLOCK_PX * BLOCK_PX);
}

/** Demand at which a falling curve reaches the lightness; its end where it cannot. */
function invert(lightness: Float64Array, wanted: number): number {
  if (wanted >= lightness[0]) return 0;
  for (let i = 1; i < LEVELS; i++) {
    if (lightness[i] > wanted) continue;
    const fall = lightness[i - 1] - lightness[i];
    const share = fall > 0 ? (lightness[i - 1] - wanted) / fall : 0;
    return (i - 1 + share) / (LEVELS - 1);
  }
  return 1;
}
