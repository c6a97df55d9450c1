import type { Studio } from '../engine/studio.js';
import { newPlane, newTexels, type Plane, type Texels } from '../fields/field.js';
import { exactSinCos } from '../fields/exact-math.js';
import { gaussianBlur } from '../fields/gaussian.js';
import { domainTransform } from '../fields/smoothing.js';
import type { PrintGeometry } from '../geometry.js';
import type { Style, WorkingPhoto } from '../style.js';
import { flowWave } from './carrier.js';
import { contourResponse, contourThreshold } from './contour.js';
import { carrierPitch, LEAST_CARRIER_PITCH, LinePainter, waveGain, type LinePlan } from './line-painter.js';
import { betweenTheLinesSettings, betweenTheLinesVariants, type BetweenTheLinesSettings } from './settings.js';
import { halfSize, meanAlong, newTangents, tangentsOfForm, tangentsOfTensor, type Tangents } from './tangents.js';
import { dropSpecks } from './specks.js';
import { BARE_SHARE, inkShare, LEAST_SHARE, MOST_SHARE, SOLID_SHARE } from './tone.js';

/** Contours in ink, and between them engraving lines that swell with the tone. */
export const betweenTheLines: Style<BetweenTheLinesSettings, LinePlan> = {
  slug: 'between-the-lines',
  version: '2.0.0',
  settingsSchema: betweenTheLinesSettings,
  variants: betweenTheLinesVariants,
  analyse,
  createPainter: (plan, geometry, desk) => new LinePainter(plan, geometry, desk),
};

/** Smoothing of the tensor that contours follow, in working pixels. */
const CONTOUR_FLOW_SIGMA = 2.5;
/** Smoothing of the directions that shading lines follow, in mm of a setting. */
const FORM_SIGMA_MM = 1.3;
/** Excess of the wave to either side that is paper or ink beyond doubt. */
const PLAIN_EXCESS = 0.5;

async function analyse(
  photo: WorkingPhoto,
  settings: BetweenTheLinesSettings,
  geometry: PrintGeometry,
  studio: Studio,
): Promise<LinePlan> {
  const share = newPlane(studio, photo);
  const contour = settings.contour > 0 ? newPlane(studio, photo) : undefined;
  const wave = settings.followForm > 0 ? newPlane(studio, photo) : undefined;
  await studio.arena.scoped(async () => {
    const lines = newTangents(studio, photo);
    await studio.arena.scoped(async () => {
      const tensor = newTexels(studio, photo);
      await gradients(studio, photo, tensor, share);
      await lineDirections(studio, tensor, settings, geometry, lines);
      if (contour) await drawContours(studio, tensor, share, settings, geometry, contour);
    });
    await drawTone(studio, photo, lines, settings, geometry, share);
    if (wave) await drawWave(studio, lines, share, settings, geometry, wave);
    else await cleanStraightLines(studio, share, settings, geometry);
  });
  const threshold = contour ? contourThreshold(studio, contour, settings.contour) : 0;
  return { shade: wave ?? share, isWave: wave !== undefined, contour, threshold, settings };
}

/** Structure tensor and lightness of the photo without its texture. */
async function gradients(studio: Studio, photo: WorkingPhoto, tensor: Texels, lightness: Plane): Promise<void> {
  const { width, height } = photo;
  await studio.arena.scoped(async () => {
    const calm = await domainTransform(studio, photo, { sigmaSpace: 6, sigmaRange: 0.25 });
    await studio.rows('tensorTexels', height, calm.at, tensor.at, width, height);
    await studio.rows('planeOfLane', height, calm.at, lightness.at, 3, width);
  });
}

async function lineDirections(
  studio: Studio,
  tensor: Texels,
  { angleDeg, followForm }: BetweenTheLinesSettings,
  { workingPerMm }: PrintGeometry,
  lines: Tangents,
): Promise<void> {
  const sigma = Math.max(1, FORM_SIGMA_MM * workingPerMm);
  await studio.arena.scoped(async () => {
    const half = await halfSize(studio, tensor);
    await tangentsOfForm(studio, half, { angleDeg, follow: followForm, sigma }, lines);
  });
}

/** @param tensor smoothed here, in place */
async function drawContours(
  studio: Studio,
  tensor: Texels,
  lightness: Plane,
  { contourWidthMm }: BetweenTheLinesSettings,
  { workingPerMm }: PrintGeometry,
  contour: Plane,
): Promise<void> {
  await gaussianBlur(studio, tensor, CONTOUR_FLOW_SIGMA);
  const edges = await tangentsOfTensor(studio, tensor);
  const sigmaEdge = Math.min(4, Math.max(0.7, (contourWidthMm * workingPerMm) / 2));
  await contourResponse(studio, lightness, edges, sigmaEdge, contour);
}

/** Share of the pitch to be inked, drawn out along the lines. */
async function drawTone(
  studio: Studio,
  photo: WorkingPhoto,
  lines: Tangents,
  settings: BetweenTheLinesSettings,
  { workingPerMm }: PrintGeometry,
  share: Plane,
): Promise<void> {
  const sigma = Math.max(0.5, (settings.strokeLengthMm * workingPerMm) / 4);
  await studio.arena.scoped(async () => {
    const lightness = newPlane(studio, photo);
    await studio.rows('lumaFromRgb', photo.height, photo.rgb, lightness.at, photo.width);
    await meanAlong(studio, lightness, lines, sigma, share);
  });
  await inkShare(studio, share, settings);
}

async function drawWave(
  studio: Studio,
  lines: Tangents,
  share: Plane,
  settings: BetweenTheLinesSettings,
  geometry: PrintGeometry,
  wave: Plane,
): Promise<void> {
  const pitch = carrierPitch(settings, geometry);
  await flowWave(studio, lines, { pitch, angleDeg: settings.angleDeg }, wave);
  const limits = [waveGain(pitch), LEAST_SHARE, MOST_SHARE];
  await studio.rows('lineExcess', share.height, wave.at, share.at, share.width, ...limits);
  await dropSpecks(studio, wave, wave, { pitch, bare: -PLAIN_EXCESS, solid: PLAIN_EXCESS });
}

/** Takes specks out of straight lines, whose wave is made at print size, by way of their tone. */
async function cleanStraightLines(
  studio: Studio,
  share: Plane,
  { angleDeg, pitchMm }: BetweenTheLinesSettings,
  { workingPerMm }: PrintGeometry,
): Promise<void> {
  const pitch = pitchMm * workingPerMm;
  if (pitch < LEAST_CARRIER_PITCH) return;
  const { sin, cos } = exactSinCos(angleDeg);
  await studio.arena.scoped(async () => {
    const excess = newPlane(studio, share);
    const { at, width, height } = share;
    await studio.rows('straightExcess', height, at, excess.at, width, -sin / pitch, cos / pitch, LEAST_SHARE, MOST_SHARE);
    await dropSpecks(studio, excess, share, { pitch, bare: BARE_SHARE, solid: SOLID_SHARE });
  });
}
