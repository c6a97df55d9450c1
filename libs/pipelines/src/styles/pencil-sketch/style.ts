import type { RenderSession } from '../../engine/render-session.js';
import { newPlane, planeOfLane, valuesOf, type Plane } from '../../fields/field.js';
import { flowField } from '../../fields/flow.js';
import { gaussianBlur } from '../../fields/gaussian.js';
import { domainTransform } from '../../fields/smoothing.js';
import type { PrintGeometry } from '../../geometry.js';
import type { Style, WorkingPhoto } from '../../style.js';
import { contourResponse } from './contour-response.js';
import { ContourTracer, type Stroke } from './contours.js';
import { hatchPitchPx } from './graphite.js';
import { hatchDemand } from './hatch-demand.js';
import { pencilSketchSettings, pencilSketchVariants, type PencilSketchSettings } from './settings.js';
import type { SketchPlan } from './painter.js';
import { layOutStrokes } from './stroke-rows.js';
import { drawingTones } from './tone-curve.js';

/** Outlines and hatching in graphite on white paper, neutral gray. */
export const pencilSketch: Style<PencilSketchSettings, SketchPlan> = {
  slug: 'pencil-sketch',
  version: '2.0.1',
  catalogue: {
    id: '550e8400-e29b-41d4-a716-446655440002',
    name: 'Pencil Sketch',
    description: 'Graphite drawing: loose contour strokes over hatched tone on white paper',
  },
  goldenPixels: '6d824753f938292f',
  settingsSchema: pencilSketchSettings,
  variants: pencilSketchVariants,
  analyze,
};

/** Share of the photo's fine detail that the hatching renders. */
const DETAIL = 1.2;

/** Smoothing of the relief around which the hatching bends, and of the directions of outlines. */
const RELIEF_MM = 3;
const FLOW_SIGMA = 2;

/** Pitches by which the hatching of black is displaced against that of white, at full {@link PencilSketchSettings.followForm}. */
const RELIEF_PITCHES = 18;
const WAVER_PITCHES = 1.1;
const WAVER_LENGTH_PITCHES = 14;

async function analyze(
  photo: WorkingPhoto,
  settings: PencilSketchSettings,
  geometry: PrintGeometry,
  session: RenderSession,
): Promise<SketchPlan> {
  const demand = newPlane(session, photo);
  const warp = newPlane(session, photo);
  const strokes = await session.arena.scoped(() => drawAtWorkingSize(photo, demand, settings, geometry, session));
  await bendHatching(session, demand, warp, settings, geometry);
  const curve = await hatchDemand(session, drawingTones(valuesOf(session, demand), settings), settings, geometry);
  const at = session.arena.storeF32(curve);
  await session.parallelRows('curvePlane', demand.height, demand.at, at, demand.width);
  const pen = { width: settings.lineWidthMm * geometry.pxPerMm, strength: settings.lineStrength };
  return { demand, warp, strokes: layOutStrokes(session, strokes, pen, geometry), settings };
}

/** Lightness of the drawing into `lightness`. @returns the outlines */
async function drawAtWorkingSize(
  photo: WorkingPhoto,
  lightness: Plane,
  settings: PencilSketchSettings,
  { workingScale }: PrintGeometry,
  session: RenderSession,
): Promise<Stroke[]> {
  const { width, height } = photo;
  const calm = await domainTransform(session, photo, { sigmaSpace: 5 * workingScale, sigmaRange: 0.2 });
  await session.parallelRows('sketchLightness', height, photo.rgb, calm.at, lightness.at, DETAIL, width);
  if (settings.lineStrength === 0) return [];
  const flow = await flowField(session, calm, FLOW_SIGMA * workingScale);
  const luma = await planeOfLane(session, calm, 3);
  const response = await contourResponse(session, luma, flow);
  const options = {
    length: (Math.max(width, height) * settings.lineLengthPercent) / 100,
    looseness: settings.looseness,
    seed: settings.seed,
  };
  return new ContourTracer(valuesOf(session, response), valuesOf(session, flow), width, height, options).trace();
}

async function bendHatching(
  session: RenderSession,
  lightness: Plane,
  warp: Plane,
  settings: PencilSketchSettings,
  geometry: PrintGeometry,
): Promise<void> {
  const { followForm, seed } = settings;
  valuesOf(session, warp).set(valuesOf(session, lightness));
  if (followForm > 0) await gaussianBlur(session, warp, RELIEF_MM * geometry.workingPerMm);
  const pitch = hatchPitchPx(settings, geometry) * geometry.workingPerPxX;
  // Wider pitches bend by fewer of themselves, to the same angle.
  const relief = (RELIEF_PITCHES * followForm * 0.5 * geometry.workingPerMm) / pitch;
  const scale = 1 / (WAVER_LENGTH_PITCHES * pitch);
  await session.parallelRows('hatchWarp', warp.height, warp.at, relief, WAVER_PITCHES, scale, seed + 103, warp.width);
}
