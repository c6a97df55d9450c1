import type { RgbImage } from '#photo';
import { domainTransform } from '../fields/domain-transform.js';
import { flowDog } from '../fields/fdog.js';
import { nearestCentre } from '../fields/kmeans.js';
import { mergeSmallRegions, modeFilter, type LabelField } from '../fields/label-field.js';
import { LabelUpscaler } from '../fields/label-upscaler.js';
import { lumaOfPlanes } from '../fields/lightness.js';
import { writeOklab } from '../fields/oklab.js';
import type { Plane } from '../fields/plane.js';
import { flowField } from '../fields/structure-tensor.js';
import { coverage, Upscaler } from '../fields/upscaler.js';
import type { PrintGeometry } from '../geometry.js';
import type { Checkpoint, Painter, Pipeline } from '../pipeline.js';
import { CHROMA_WEIGHT, chooseCentres, posterPalette } from './palette.js';
import { popPosterSettings, type PopPosterSettings } from './settings.js';

/** Flat vivid colours with smooth borders, drawn over with ink. */
export const popPoster: Pipeline<PopPosterSettings> = {
  slug: 'pop-poster',
  version: '1.0.0',
  settingsSchema: popPosterSettings,
  analyse,
};

async function analyse(
  image: RgbImage,
  settings: PopPosterSettings,
  geometry: PrintGeometry,
  checkpoint: Checkpoint,
): Promise<Painter> {
  const sigmaSpace = 6 + 34 * settings.smoothing;
  const surfaces = domainTransform(image, { sigmaSpace, sigmaRange: 0.15 + 0.35 * settings.smoothing });
  await checkpoint();
  const points = colorPoints(surfaces);
  const centres = chooseCentres(points, settings);
  await checkpoint();
  const labels = cleanLabels(labelPixels(points, centres, surfaces[0]), settings, geometry);
  await checkpoint();
  const ink = settings.ink > 0 ? await inkResponse(image, settings, geometry, checkpoint) : undefined;
  return new PosterPainter(labels, posterPalette(centres, settings), ink, settings, geometry);
}

/** Lightness and weighted a, b of every pixel. */
function colorPoints([red, green, blue]: readonly Plane[]): Float32Array {
  const points = new Float32Array(red.data.length * 3);
  for (let i = 0; i < red.data.length; i++) {
    writeOklab(red.data[i], green.data[i], blue.data[i], points, 3 * i);
    points[3 * i + 1] *= CHROMA_WEIGHT;
    points[3 * i + 2] *= CHROMA_WEIGHT;
  }
  return points;
}

function labelPixels(points: Float32Array, centres: Float64Array, { width, height }: Plane): LabelField {
  const data = new Uint8Array(width * height);
  for (let i = 0; i < data.length; i++) data[i] = nearestCentre(points, 3 * i, centres);
  return { width, height, data, k: centres.length / 3 };
}

function cleanLabels(
  labels: LabelField,
  { minRegionMm2, edgeSmoothing }: PopPosterSettings,
  geometry: PrintGeometry,
): LabelField {
  const smooth = edgeSmoothing > 0 ? modeFilter(modeFilter(labels, 2), 1) : labels;
  return mergeSmallRegions(smooth, minRegionMm2 * geometry.workingPerMm * geometry.workingPerMm);
}

async function inkResponse(
  image: RgbImage,
  settings: PopPosterSettings,
  geometry: PrintGeometry,
  checkpoint: Checkpoint,
): Promise<Plane> {
  const calm = domainTransform(image, { sigmaSpace: 8, sigmaRange: 0.25 });
  const flow = flowField(calm, 2.5);
  await checkpoint();
  const sigmaEdge = Math.min(4, Math.max(0.7, (settings.inkWidthMm * geometry.workingPerMm) / 2));
  return flowDog(lumaOfPlanes(calm), flow, { sigmaEdge, sigmaFlow: 3 * sigmaEdge });
}

class PosterPainter implements Painter {
  private readonly upscaler: Upscaler;
  private readonly shapes: LabelUpscaler;
  private readonly response: Float32Array;
  private readonly slope: Float32Array;
  private readonly inkColor: readonly number[];
  private readonly threshold: number;

  constructor(
    labels: LabelField,
    private readonly palette: Uint8Array,
    private readonly ink: Plane | undefined,
    private readonly settings: PopPosterSettings,
    private readonly geometry: PrintGeometry,
  ) {
    this.shapes = new LabelUpscaler(labels, geometry, { sigma: settings.edgeSmoothing, antialias: true });
    this.upscaler = new Upscaler(geometry);
    this.response = new Float32Array(geometry.widthPx);
    this.slope = new Float32Array(geometry.widthPx);
    this.inkColor = [1, 3, 5].map((at) => Number.parseInt(settings.inkColor.slice(at, at + 2), 16));
    this.threshold = 0.036 - 0.032 * settings.inkAmount;
  }

  paint(y0: number, rows: number, out: Uint8Array): void {
    const rowBytes = this.geometry.widthPx * 3;
    for (let row = 0; row < rows; row++) {
      this.shapes.paintRow(y0 + row, this.palette, out, row * rowBytes);
      if (this.ink !== undefined) this.inkRow(this.ink, y0 + row, out, row * rowBytes);
    }
  }

  private inkRow(ink: Plane, y: number, out: Uint8Array, at: number): void {
    const { response, slope, inkColor, threshold, settings } = this;
    this.upscaler.rowWithSlope(ink, y, response, slope);
    const leastSlope = threshold * 0.25 * this.geometry.workingPerPxX;
    for (let x = 0, o = at; x < response.length; x++, o += 3) {
      const amount = settings.ink * coverage(response[x] - threshold, slope[x], leastSlope);
      if (amount === 0) continue;
      for (let c = 0; c < 3; c++) out[o + c] += (inkColor[c] - out[o + c]) * amount;
    }
  }
}
