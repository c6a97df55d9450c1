import type { RgbImage } from '#photo';
import { directionField, type DirectionField } from '../fields/direction-field.js';
import { domainTransform } from '../fields/domain-transform.js';
import { flowDog } from '../fields/fdog.js';
import { lumaOfPlanes } from '../fields/lightness.js';
import { newPlane, type Plane } from '../fields/plane.js';
import { flowField } from '../fields/structure-tensor.js';
import type { PrintGeometry } from '../geometry.js';
import type { Checkpoint, Painter, Pipeline } from '../pipeline.js';
import { Graphite } from './graphite.js';
import { hatchDemand } from './hatch-demand.js';
import { SketchPainter } from './sketch-painter.js';
import { pencilSketchSettings, type PencilSketchSettings } from './settings.js';
import { strokeLayer } from './stroke-layer.js';
import { drawingTones } from './tone-curve.js';

/** Outlines and hatching in graphite on white paper, neutral grey. */
export const pencilSketch: Pipeline<PencilSketchSettings> = {
  slug: 'pencil-sketch',
  version: '1.0.0',
  settingsSchema: pencilSketchSettings,
  analyse,
};

/** Responses below this are noise of the photo, not edges. */
const EDGE_FLOOR = 0.006;

async function analyse(
  image: RgbImage,
  settings: PencilSketchSettings,
  geometry: PrintGeometry,
  checkpoint: Checkpoint,
): Promise<Painter> {
  const calm = domainTransform(image, { sigmaSpace: 6, sigmaRange: 0.25 });
  await checkpoint();
  const lightness = lumaOfPlanes(calm);
  const graphite = new Graphite(settings, geometry);
  const outlines =
    settings.lineStrength > 0 ? await drawOutlines(calm, lightness, settings, geometry, checkpoint) : undefined;
  const demand = hatchDemand(fade(drawingTones(lightness, settings), settings.shading), graphite);
  await checkpoint();
  const directions = settings.followForm > 0 ? hatchDirections(calm, settings, geometry) : undefined;
  return new SketchPainter({ demand, outlines, directions }, graphite, settings, geometry);
}

async function drawOutlines(
  calm: readonly Plane[],
  lightness: Plane,
  settings: PencilSketchSettings,
  geometry: PrintGeometry,
  checkpoint: Checkpoint,
): Promise<Plane> {
  const sigmaEdge = Math.min(3, Math.max(0.7, (settings.lineWidthMm * geometry.workingPerMm) / 2));
  const edges = flowDog(lightness, flowField(calm, 2), { sigmaEdge, sigmaFlow: 2 * sigmaEdge });
  await checkpoint();
  for (let i = 0; i < edges.data.length; i++) edges.data[i] = Math.max(0, edges.data[i] - EDGE_FLOOR);
  const longSide = Math.max(edges.width, edges.height);
  return strokeLayer(edges, Math.max(2, (longSide * settings.lineLengthPercent) / 200), checkpoint);
}

function hatchDirections(
  calm: readonly Plane[],
  { hatchAngleDeg, followForm }: PencilSketchSettings,
  geometry: PrintGeometry,
): DirectionField {
  const sigma = Math.max(1, 2 * geometry.workingPerMm);
  return directionField(flowField(calm, sigma), {
    angleDeg: hatchAngleDeg,
    follow: followForm,
    sigma,
    fullStrength: 8,
  });
}

/** Mixes tones with bare paper. */
function fade(tones: Plane, shading: number): Plane {
  const out = newPlane(tones.width, tones.height);
  for (let i = 0; i < out.data.length; i++) out.data[i] = 1 - shading * (1 - tones.data[i]);
  return out;
}
