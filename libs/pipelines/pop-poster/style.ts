import type { Studio } from '../engine/studio.js';
import { planeOfLane, valuesOf, type Plane, type Texels } from '../fields/field.js';
import { flowDog, flowField } from '../fields/flow.js';
import { oklabTexels } from '../fields/lab-field.js';
import { mergeSmallRegions, modeFilter, type LabelField } from '../fields/label-field.js';
import { domainTransform } from '../fields/smoothing.js';
import type { PrintGeometry } from '../geometry.js';
import type { Style, WorkingPhoto } from '../style.js';
import type { PosterPlan } from './painter.js';
import { CHROMA_WEIGHT, chooseCentres, posterPalette, spreadShare } from './palette.js';
import { popPosterSettings, popPosterVariants, type PopPosterSettings } from './settings.js';

/** Flat vivid colours with smooth borders, drawn over with ink. */
export const popPoster: Style<PopPosterSettings, PosterPlan> = {
  slug: 'pop-poster',
  version: '2.0.1',
  settingsSchema: popPosterSettings,
  variants: popPosterVariants,
  analyse,
};

async function analyse(
  photo: WorkingPhoto,
  settings: PopPosterSettings,
  geometry: PrintGeometry,
  studio: Studio,
): Promise<PosterPlan> {
  const { width, height } = photo;
  const labels = { at: studio.arena.allocate(width * height), width, height, k: settings.colors };
  const palette = await studio.arena.scoped(async () => {
    const sigmaSpace = (6 + 34 * settings.smoothing) * geometry.workingScale;
    const surfaces = await domainTransform(studio, photo, { sigmaSpace, sigmaRange: 0.15 + 0.35 * settings.smoothing });
    const lab = await oklabTexels(studio, surfaces, CHROMA_WEIGHT);
    const values = valuesOf(studio, lab);
    const centres = await chooseCentres(studio, values, settings);
    await labelPixels(studio, lab, centres, labels);
    return posterPalette(centres, settings, spreadShare(values, centres));
  });
  await cleanLabels(studio, labels, settings, geometry);
  const ink = settings.ink > 0 ? await inkResponse(studio, photo, settings, geometry) : undefined;
  return { labels, palette, ink, settings };
}

async function labelPixels(studio: Studio, lab: Texels, centres: Float64Array, labels: LabelField): Promise<void> {
  const rows = Array.from({ length: labels.k }, (_, c) => [...centres.subarray(3 * c, 3 * c + 3), 0]);
  const at = studio.arena.storeF32(rows.flat());
  await studio.rows('nearestLabels', labels.height, lab.at, labels.at, at, labels.k, labels.width);
}

async function cleanLabels(
  studio: Studio,
  labels: LabelField,
  { minRegionMm2, edgeSmoothing }: PopPosterSettings,
  geometry: PrintGeometry,
): Promise<void> {
  if (edgeSmoothing > 0) {
    await modeFilter(studio, labels, 2);
    await modeFilter(studio, labels, 1);
  }
  await mergeSmallRegions(studio, labels, minRegionMm2 * geometry.workingPerMm * geometry.workingPerMm);
}

async function inkResponse(
  studio: Studio,
  photo: WorkingPhoto,
  settings: PopPosterSettings,
  geometry: PrintGeometry,
): Promise<Plane> {
  const calm = await domainTransform(studio, photo, { sigmaSpace: 8 * geometry.workingScale, sigmaRange: 0.25 });
  const flow = await flowField(studio, calm, 2.5 * geometry.workingScale);
  const sigmaEdge = Math.min(4, Math.max(0.7, (settings.inkWidthMm * geometry.workingPerMm) / 2));
  return flowDog(studio, await planeOfLane(studio, calm, 3), flow, { sigmaEdge, sigmaFlow: 3 * sigmaEdge });
}
