import type { RenderSession } from '../../engine/render-session.js';
import type { PrintGeometry } from '../../geometry.js';
import { Graphite } from './graphite.js';
import type { PencilSketchSettings } from './settings.js';

const LEVELS = 25;
const PATCH_WIDTH = 1024;
const PATCH_ROWS = 12;

/** Rows apart: far enough that each meets other strokes. */
const ROW_STEP = 37;

/** Tones this close to paper stay bare: white is what a drawing breathes through. */
const BARE = 0.07;

/**
 * Hatching that gives the tones wanted, by trial patches: the drawing keeps its tones whatever the pitch, the grain and
 * the resolution.
 * @param tones 256 values, 0 black .. 1 paper
 * @returns 257 demands 0..1 for lightness 0..255, the last one twice
 */
export async function hatchDemand(
  session: RenderSession,
  tones: Float64Array,
  settings: PencilSketchSettings,
  geometry: PrintGeometry,
): Promise<Float32Array> {
  const lightness = await patchLightness(session, settings, geometry);
  const curve = new Float32Array(257);
  for (let v = 0; v < 256; v++) {
    const dark = Math.max(0, (1 - tones[v] - BARE) / (1 - BARE));
    curve[v] = invert(lightness, 1 - settings.shading * dark);
  }
  curve[256] = curve[255];
  return curve;
}

/** Mean lightness, 0..1, of patches hatched at demands from 0 to 1. */
async function patchLightness(
  session: RenderSession,
  settings: PencilSketchSettings,
  geometry: PrintGeometry,
): Promise<Float64Array> {
  return session.arena.scoped(async () => {
    const { arena } = session;
    const graphite = new Graphite(settings, geometry, PATCH_WIDTH, session);
    const bytes = PATCH_WIDTH * 4;
    const [demand, warp, line] = [0, 0, 0].map(() => arena.allocate(bytes));
    const out = arena.allocate(PATCH_WIDTH * 3 + 16);
    arena.f32(warp, PATCH_WIDTH).fill(0);
    arena.f32(line, PATCH_WIDTH).fill(0);
    const rgb = arena.u8(out, PATCH_WIDTH * 3);
    const sums = new Float64Array(LEVELS);
    for (let row = 0; row < PATCH_ROWS; row++) {
      for (let level = 0; level < LEVELS; level++) {
        arena.f32(demand, PATCH_WIDTH).fill(level / (LEVELS - 1));
        graphite.row(row * ROW_STEP, demand, warp, line, out);
        for (let i = 0; i < rgb.length; i += 3) sums[level] += rgb[i];
      }
    }
    return Promise.resolve(sums.map((sum) => sum / (255 * PATCH_WIDTH * PATCH_ROWS)));
  });
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
