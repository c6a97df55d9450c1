import type { Desk } from '../engine/desk.js';
import type { Studio } from '../engine/studio.js';
import { rgbOfHex } from '../fields/color.js';
import { planeOfLane, valuesOf, type Plane, type Texels } from '../fields/field.js';
import { flowDog, flowField } from '../fields/flow.js';
import { InkPainter } from '../fields/ink-painter.js';
import { oklabTexels } from '../fields/lab-field.js';
import { mergeSmallRegions, modeFilter, type LabelField } from '../fields/label-field.js';
import { LabelPainter } from '../fields/label-painter.js';
import { domainTransform } from '../fields/smoothing.js';
import { Upscaler } from '../fields/upscaler.js';
import type { PrintGeometry } from '../geometry.js';
import type { Painter, Style, WorkingPhoto } from '../style.js';
import { CHROMA_WEIGHT, chooseCentres, posterPalette } from './palette.js';
import { popPosterSettings, popPosterVariants, type PopPosterSettings } from './settings.js';

/** What the painting threads need of a poster. */
interface PosterPlan {
  readonly labels: LabelField;
  /** RGB per label, interleaved. */
  readonly palette: Uint8Array;
  readonly ink?: Plane;
  readonly settings: PopPosterSettings;
}

/** Flat vivid colours with smooth borders, drawn over with ink. */
export const popPoster: Style<PopPosterSettings, PosterPlan> = {
  slug: 'pop-poster',
  version: '2.0.0',
  settingsSchema: popPosterSettings,
  variants: popPosterVariants,
  analyse,
  createPainter: (plan, geometry, desk) => new PosterPainter(plan, geometry, desk),
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
    const centres = await chooseCentres(studio, valuesOf(studio, lab), settings);
    await labelPixels(studio, lab, centres, labels);
    return posterPalette(centres, settings);
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

class PosterPainter implements Painter {
  private readonly shapes: LabelPainter;
  private readonly ink?: InkPainter;
  private readonly rowBytes: number;

  constructor({ labels, palette, ink, settings }: PosterPlan, geometry: PrintGeometry, desk: Desk) {
    const upscaler = new Upscaler(geometry, desk);
    const { antialias } = settings;
    const options = { sigma: settings.edgeSmoothing * geometry.workingScale, antialias };
    this.shapes = new LabelPainter(labels, palette, options, upscaler, geometry, desk);
    this.rowBytes = geometry.widthPx * 3;
    if (ink === undefined) return;
    const threshold = 0.036 - 0.032 * settings.inkAmount;
    const pen = { threshold, opacity: settings.ink, color: rgbOfHex(settings.inkColor), antialias };
    this.ink = new InkPainter(ink, pen, upscaler, geometry, desk);
  }

  paint(y0: number, rows: number, out: number): void {
    for (let row = 0; row < rows; row++) {
      this.shapes.row(y0 + row, out + row * this.rowBytes);
      this.ink?.over(y0 + row, out + row * this.rowBytes);
    }
  }
}
