import type { RgbImage } from '#photo';
import { directionField, tangents } from '../fields/direction-field.js';
import { domainTransform } from '../fields/domain-transform.js';
import { exactExp } from '../fields/exact-math.js';
import { flowDog } from '../fields/fdog.js';
import { lumaOfPlanes, lumaPlane } from '../fields/lightness.js';
import { alongFlow, halfGaussian } from '../fields/line-integral.js';
import type { Plane } from '../fields/plane.js';
import { flowField, type FlowField } from '../fields/structure-tensor.js';
import type { PrintGeometry } from '../geometry.js';
import type { Checkpoint, Painter, Pipeline } from '../pipeline.js';
import { flowCarrier } from './carrier.js';
import { LinePainter } from './line-painter.js';
import { betweenTheLinesSettings, type BetweenTheLinesSettings } from './settings.js';
import { inkShare } from './tone.js';

/** Contours in ink, and between them engraving lines that swell with the tone. */
export const betweenTheLines: Pipeline<BetweenTheLinesSettings> = {
  slug: 'between-the-lines',
  version: '1.0.0',
  settingsSchema: betweenTheLinesSettings,
  analyse,
};

async function analyse(
  image: RgbImage,
  settings: BetweenTheLinesSettings,
  geometry: PrintGeometry,
  checkpoint: Checkpoint,
): Promise<Painter> {
  const calm = domainTransform(image, { sigmaSpace: 6, sigmaRange: 0.25 });
  await checkpoint();
  const flow = flowField(calm, 2.5);
  await checkpoint();
  const contour = settings.contour > 0 ? contourResponse(lumaOfPlanes(calm), flow, settings, geometry) : undefined;
  await checkpoint();
  const lines = formLines(calm, settings, geometry);
  await checkpoint();
  const length = settings.strokeLengthMm * geometry.workingPerMm;
  const drawn = alongFlow(lumaPlane(image), lines, halfGaussian(Math.max(0.5, length / 4), exactExp));
  await checkpoint();
  const share = inkShare(drawn, settings);
  const carrier =
    settings.followForm > 0
      ? await flowCarrier(lines, { pitch: carrierPitch(settings, geometry), angleDeg: settings.angleDeg }, checkpoint)
      : undefined;
  return new LinePainter({ share, contour, carrier }, settings, geometry);
}

/** Below four working pixels a wave could not be told from its neighbours. */
function carrierPitch({ pitchMm }: BetweenTheLinesSettings, geometry: PrintGeometry): number {
  return Math.max(4, pitchMm * geometry.workingPerMm);
}

function formLines(
  calm: readonly Plane[],
  { angleDeg, followForm }: BetweenTheLinesSettings,
  geometry: PrintGeometry,
): FlowField {
  const sigma = Math.max(1, 1.3 * geometry.workingPerMm);
  const form = flowField(calm, sigma);
  return tangents(directionField(form, { angleDeg, follow: followForm, sigma, fullStrength: 6 }));
}

function contourResponse(
  lightness: Plane,
  flow: FlowField,
  { contourWidthMm }: BetweenTheLinesSettings,
  geometry: PrintGeometry,
): Plane {
  const sigmaEdge = Math.min(4, Math.max(0.7, (contourWidthMm * geometry.workingPerMm) / 2));
  return flowDog(lightness, flow, { sigmaEdge, sigmaFlow: 4 * sigmaEdge });
}
