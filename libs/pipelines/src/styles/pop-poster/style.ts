import type { RenderSession } from '../../engine/render-session.js';
import { planeOfLane, valuesOf, type Plane, type Texels } from '../../fields/field.js';
import { flowDog, flowField } from '../../fields/flow.js';
import { oklabTexels } from '../../fields/lab-field.js';
import { mergeSmallRegions, modeFilter, type LabelField } from '../../fields/label-field.js';
import { domainTransform } from '../../fields/smoothing.js';
import type { PrintGeometry } from '../../geometry.js';
import type { Style, WorkingPhoto } from '../../style.js';
import type { PosterPlan } from './painter.js';
import { CHROMA_WEIGHT, chooseCenters, posterPalette, spreadShare } from './palette.js';
import { popPosterSettings, popPosterVariants, type PopPosterSettings } from './settings.js';

/** Flat vivid colors with smooth borders, drawn over with ink. */
export const popPoster: Style<PopPosterSettings, PosterPlan> = {
  slug: 'pop-poster',
  version: '2.0.1',
  catalogue: {
    id: '550e8400-e29b-41d4-a716-446655440001',
    name: 'Pop Poster',
    description: 'Flat, vivid poster colours with smooth edges and bold ink lines',
  },
  goldenPixels: '81f9dc761fa8ae89',
  settingsSchema: popPosterSettings,
  variants: popPosterVariants,
  analyze,
};

async function analyze(
  photo: WorkingPhoto,
  settings: PopPosterSettings,
  geometry: PrintGeometry,
  session: RenderSession,
): Promise<PosterPlan> {
  const { width, height } = photo;
  const labels = { at: session.arena.allocate(width * height), width, height, k: settings.colors };
  const palette = await session.arena.scoped(async () => {
    const sigmaSpace = (6 + 34 * settings.smoothing) * geometry.workingScale;
    const surfaces = await domainTransform(session, photo, {
      sigmaSpace,
      sigmaRange: 0.15 + 0.35 * settings.smoothing,
    });
    const lab = await oklabTexels(session, surfaces, CHROMA_WEIGHT);
    const values = valuesOf(session, lab);
    const centers = await chooseCenters(session, values, settings);
    await labelPixels(session, lab, centers, labels);
    return posterPalette(centers, settings, spreadShare(values, centers));
  });
  await cleanLabels(session, labels, settings, geometry);
  const ink = settings.ink > 0 ? await inkResponse(session, photo, settings, geometry) : undefined;
  return { labels, palette, ink, settings };
}

async function labelPixels(
  session: RenderSession,
  lab: Texels,
  centers: Float64Array,
  labels: LabelField,
): Promise<void> {
  const rows = Array.from({ length: labels.k }, (_, c) => [...centers.subarray(3 * c, 3 * c + 3), 0]);
  const at = session.arena.storeF32(rows.flat());
  await session.parallelRows('nearestLabels', labels.height, lab.at, labels.at, at, labels.k, labels.width);
}

async function cleanLabels(
  session: RenderSession,
  labels: LabelField,
  { minRegionMm2, edgeSmoothing }: PopPosterSettings,
  geometry: PrintGeometry,
): Promise<void> {
  if (edgeSmoothing > 0) {
    await modeFilter(session, labels, 2);
    await modeFilter(session, labels, 1);
  }
  await mergeSmallRegions(session, labels, minRegionMm2 * geometry.workingPerMm * geometry.workingPerMm);
}

async function inkResponse(
  session: RenderSession,
  photo: WorkingPhoto,
  settings: PopPosterSettings,
  geometry: PrintGeometry,
): Promise<Plane> {
  const calm = await domainTransform(session, photo, { sigmaSpace: 8 * geometry.workingScale, sigmaRange: 0.25 });
  const flow = await flowField(session, calm, 2.5 * geometry.workingScale);
  const sigmaEdge = Math.min(4, Math.max(0.7, (settings.inkWidthMm * geometry.workingPerMm) / 2));
  return flowDog(session, await planeOfLane(session, calm, 3), flow, { sigmaEdge, sigmaFlow: 3 * sigmaEdge });
}
