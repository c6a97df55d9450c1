import type { RenderSession } from '../../engine/render-session.js';
import { newPlane, newTexels, type Plane, type Texels } from '../../fields/field.js';
import { cosineOfTurns, detSinCos } from '../../fields/deterministic-math.js';
import { gaussianBlur } from '../../fields/gaussian.js';
import { domainTransform } from '../../fields/smoothing.js';
import type { PrintGeometry } from '../../geometry.js';
import type { Style, WorkingPhoto } from '../../style.js';
import { flowWave } from './carrier.js';
import { contourResponse, contourThreshold } from './contour.js';
import { carrierPitch, LEAST_CARRIER_PITCH, waveGain, type LinePlan } from './painter.js';
import { betweenTheLinesSettings, betweenTheLinesVariants, type BetweenTheLinesSettings } from './settings.js';
import { halfSize, meanAlong, newTangents, tangentsOfForm, tangentsOfTensor, type Tangents } from './tangents.js';
import { dropSpecks } from './specks.js';
import { BARE_SHARE, inkShare, LEAST_SHARE, MOST_SHARE, SOLID_SHARE } from './tone.js';

/** Contours in ink, and between them engraving lines that swell with the tone. */
export const betweenTheLines: Style<BetweenTheLinesSettings, LinePlan> = {
  slug: 'between-the-lines',
  version: '2.0.1',
  catalogue: {
    id: '550e8400-e29b-41d4-a716-446655440003',
    name: 'Between The Lines',
    description: 'Line art with directional engraving lines that swell with tone',
  },
  goldenPixels: '9d11c4fc082b5956',
  settingsSchema: betweenTheLinesSettings,
  variants: betweenTheLinesVariants,
  analyze,
};

/** Smoothing of the tensor that contours follow, in working pixels. */
const CONTOUR_FLOW_SIGMA = 2.5;
/** Smoothing of the directions that shading lines follow, in mm of a setting. */
const FORM_SIGMA_MM = 1.3;
/** Excess of the wave to either side that is paper or ink beyond doubt. */
const PLAIN_EXCESS = 0.5;
/** Area, in squares of the pitch, from which on a patch is a stroke or a gap and not a speck. */
const STROKE_AREA = 0.8;
/** Smaller patches of tone, in squares of the pitch, stay bare when they are nowhere darker than this share. */
const PALE_AREA = 60;
const PALE_SHARE = 0.27;
/** Length of the shortest contour, in its widths. */
const CONTOUR_LENGTH = 5;
/** Working pixels by which lines count as wider on either side when specks are looked for. */
const HOLD_PX = 0.6;

async function analyze(
  photo: WorkingPhoto,
  settings: BetweenTheLinesSettings,
  geometry: PrintGeometry,
  session: RenderSession,
): Promise<LinePlan> {
  const share = newPlane(session, photo);
  const contour = settings.contour > 0 ? newPlane(session, photo) : undefined;
  const wave = settings.followForm > 0 ? newPlane(session, photo) : undefined;
  await session.arena.scoped(async () => {
    const lines = newTangents(session, photo);
    await session.arena.scoped(async () => {
      const tensor = newTexels(session, photo);
      await gradients(session, photo, geometry, tensor, share);
      await lineDirections(session, tensor, settings, geometry, lines);
      if (contour) await drawContours(session, tensor, share, settings, geometry, contour);
    });
    await drawTone(session, photo, lines, settings, geometry, share);
    if (wave) await drawWave(session, lines, share, settings, geometry, wave);
    else await cleanStraightLines(session, share, settings, geometry);
  });
  const threshold = contour ? await cleanContours(session, contour, settings, geometry) : 0;
  return { shade: wave ?? share, isWave: wave !== undefined, contour, threshold, settings };
}

/** Structure tensor and lightness of the photo without its texture. */
async function gradients(
  session: RenderSession,
  photo: WorkingPhoto,
  { workingScale }: PrintGeometry,
  tensor: Texels,
  lightness: Plane,
): Promise<void> {
  const { width, height } = photo;
  await session.arena.scoped(async () => {
    const calm = await domainTransform(session, photo, { sigmaSpace: 6 * workingScale, sigmaRange: 0.25 });
    await session.parallelRows('tensorTexels', height, calm.at, tensor.at, width, height);
    await session.parallelRows('planeOfLane', height, calm.at, lightness.at, 3, width);
  });
}

async function lineDirections(
  session: RenderSession,
  tensor: Texels,
  { angleDeg, followForm }: BetweenTheLinesSettings,
  { workingPerMm }: PrintGeometry,
  lines: Tangents,
): Promise<void> {
  const sigma = Math.max(1, FORM_SIGMA_MM * workingPerMm);
  await session.arena.scoped(async () => {
    const half = await halfSize(session, tensor);
    await tangentsOfForm(session, half, { angleDeg, follow: followForm, sigma }, lines);
  });
}

/** @param tensor smoothed here, in place */
async function drawContours(
  session: RenderSession,
  tensor: Texels,
  lightness: Plane,
  { contourWidthMm }: BetweenTheLinesSettings,
  { workingPerMm, workingScale }: PrintGeometry,
  contour: Plane,
): Promise<void> {
  await gaussianBlur(session, tensor, CONTOUR_FLOW_SIGMA * workingScale);
  const edges = await tangentsOfTensor(session, tensor);
  const sigmaEdge = Math.min(4, Math.max(0.7, (contourWidthMm * workingPerMm) / 2));
  await contourResponse(session, lightness, edges, sigmaEdge, contour);
}

/** Takes out contours that are dots. @returns response from which on there is a contour */
async function cleanContours(
  session: RenderSession,
  response: Plane,
  { contour, contourWidthMm }: BetweenTheLinesSettings,
  { workingPerMm }: PrintGeometry,
): Promise<number> {
  const threshold = contourThreshold(session, response, contour);
  const width = contourWidthMm * workingPerMm;
  const minArea = CONTOUR_LENGTH * width * width;
  await dropSpecks(session, response, response, { of: 'ink', level: threshold, minArea, limit: threshold / 4 });
  return threshold;
}

/** Share of the pitch to be inked, drawn out along the lines. */
async function drawTone(
  session: RenderSession,
  photo: WorkingPhoto,
  lines: Tangents,
  settings: BetweenTheLinesSettings,
  { workingPerMm }: PrintGeometry,
  share: Plane,
): Promise<void> {
  const sigma = Math.max(0.5, (settings.strokeLengthMm * workingPerMm) / 4);
  await session.arena.scoped(async () => {
    const lightness = newPlane(session, photo);
    await session.parallelRows('lumaFromRgb', photo.height, photo.rgb, lightness.at, photo.width);
    await meanAlong(session, lightness, lines, sigma, share);
  });
  await inkShare(session, share, settings);
  const pitch = settings.pitchMm * workingPerMm;
  const pale = { of: 'ink', level: 0.8 * LEAST_SHARE, strong: PALE_SHARE, limit: LEAST_SHARE / 2 } as const;
  await dropSpecks(session, share, share, { ...pale, minArea: PALE_AREA * pitch * pitch });
}

async function drawWave(
  session: RenderSession,
  lines: Tangents,
  share: Plane,
  settings: BetweenTheLinesSettings,
  geometry: PrintGeometry,
  wave: Plane,
): Promise<void> {
  const pitch = carrierPitch(settings, geometry);
  await flowWave(session, lines, { pitch, angleDeg: settings.angleDeg }, wave);
  const limits = [waveGain(pitch), LEAST_SHARE, MOST_SHARE] as const;
  await session.parallelRows('lineExcess', share.height, wave.at, share.at, share.width, ...limits);
  const slack = 1 - cosineOfTurns(HOLD_PX / pitch);
  const minArea = STROKE_AREA * pitch * pitch;
  await dropSpecks(session, wave, wave, { of: 'ink', level: -slack, minArea, limit: -PLAIN_EXCESS });
  await dropSpecks(session, wave, wave, { of: 'paper', level: slack, minArea, limit: PLAIN_EXCESS });
}

/** Takes specks out of straight lines, whose wave is made at print size, by way of their tone. */
async function cleanStraightLines(
  session: RenderSession,
  share: Plane,
  { angleDeg, pitchMm }: BetweenTheLinesSettings,
  { workingPerMm }: PrintGeometry,
): Promise<void> {
  const pitch = pitchMm * workingPerMm;
  if (pitch < LEAST_CARRIER_PITCH) return;
  const { sin, cos } = detSinCos(angleDeg);
  await session.arena.scoped(async () => {
    const excess = newPlane(session, share);
    const { at, width, height } = share;
    await session.parallelRows(
      'straightExcess',
      height,
      at,
      excess.at,
      width,
      -sin / pitch,
      cos / pitch,
      LEAST_SHARE,
      MOST_SHARE,
    );
    const slack = HOLD_PX / pitch;
    const minArea = STROKE_AREA * pitch * pitch;
    await dropSpecks(session, excess, share, { of: 'ink', level: -slack, minArea, limit: BARE_SHARE });
    await dropSpecks(session, excess, share, { of: 'paper', level: slack, minArea, limit: SOLID_SHARE });
  });
}
