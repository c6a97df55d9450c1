import type { Studio } from '../engine/studio.js';
import { newPlane, newTexels, planeOfLane, type Plane, type Texels } from '../fields/field.js';
import { gaussianBlur } from '../fields/gaussian.js';
import { domainTransform } from '../fields/smoothing.js';
import type { PrintGeometry } from '../geometry.js';
import type { WorkingPhoto } from '../style.js';
import type { WatercolorSettings } from './settings.js';
import { toneCurve } from './tone.js';

/** What the painting threads need of a watercolor. */
export interface WatercolorPlan {
  /** Red, green and blue of the paint on white paper, and its tone. */
  readonly pigment: Texels;
  /** What sharpens edges, see the kernel washEdges. */
  readonly edges: Texels;
  /** Pools, wetness and wobble at half the working size. */
  readonly water: Texels;
  readonly settings: WatercolorSettings;
}

/** The deepest pigment: a neutral tint, a little on the violet side, as painters mix their blacks. */
const DARKEST = [0.15, 0.135, 0.175];
/** Reach of the sharpening on either side of an edge, in working pixels. */
const EDGE_REACH_PX = 2.4;
/** Slope of tone per working pixel at which an edge is sharpened half way. */
const FAINT_SLOPE = 0.008;
/** How far wet colours run. */
const BLEED_MM = 2.6;

export async function analyse(
  photo: WorkingPhoto,
  settings: WatercolorSettings,
  geometry: PrintGeometry,
  studio: Studio,
): Promise<WatercolorPlan> {
  const pigment = await domainTransform(studio, photo, {
    sigmaSpace: (26 - 20 * settings.detail) * geometry.workingScale,
    sigmaRange: 0.55 - 0.4 * settings.detail,
  });
  const half = { width: Math.ceil(photo.width / 2), height: Math.ceil(photo.height / 2) };
  const water = newTexels(studio, half);
  const edges = newTexels(studio, photo);
  await mixPigment(studio, pigment, settings);
  await wetPaper(studio, pigment, water, settings, geometry);
  studio.checkpoint();
  await findEdges(studio, pigment, edges, settings, geometry);
  return { pigment, edges, water, settings };
}

async function mixPigment(studio: Studio, pigment: Texels, settings: WatercolorSettings): Promise<void> {
  await studio.arena.scoped(async () => {
    const curve = studio.arena.storeF32(toneCurve(studio, pigment, settings.whiteReserve));
    const { at, width, height } = pigment;
    await studio.rows('washPigment', height, at, curve, settings.saturation, ...DARKEST, width);
  });
}

/** Decides where the paper is wet and lets the colours run there. */
async function wetPaper(
  studio: Studio,
  pigment: Texels,
  water: Texels,
  { bleed, seed }: WatercolorSettings,
  { workingPerMm }: PrintGeometry,
): Promise<void> {
  const { width, height } = water;
  const perMm = workingPerMm / 2;
  await studio.arena.scoped(async () => {
    const small = newTexels(studio, water);
    await studio.rows('washHalf', height, pigment.at, small.at, pigment.width, pigment.height, width);
    const busy = newPlane(studio, water);
    await studio.rows('washBusyness', height, small.at, busy.at, width, height, 12);
    await gaussianBlur(studio, busy, 2.5 * perMm);
    await studio.rows('washWater', height, water.at, busy.at, width, perMm, 0.55 - 1.3 * bleed, seed * 101);
    if (bleed === 0) return;
    await gaussianBlur(studio, small, BLEED_MM * perMm);
    await studio.rows('washBleed', pigment.height, pigment.at, small.at, water.at, pigment.width, width, height);
  });
}

async function findEdges(
  studio: Studio,
  pigment: Texels,
  edges: Texels,
  { rimWidthMm }: WatercolorSettings,
  { workingPerMm, workingScale }: PrintGeometry,
): Promise<void> {
  await studio.arena.scoped(async () => {
    const fine = await planeOfLane(studio, pigment, 3);
    await gaussianBlur(studio, fine, 0.8 * workingScale);
    const middle = await blurredCopy(studio, fine, 3 * workingScale);
    const coarse = await blurredCopy(studio, fine, Math.max(1, rimWidthMm * workingPerMm));
    const { width, height } = pigment;
    await studio.rows(
      'washEdges',
      height,
      ...[
        fine.at,
        middle.at,
        coarse.at,
        edges.at,
        width,
        height,
        EDGE_REACH_PX * workingScale,
        FAINT_SLOPE / workingScale,
      ],
    );
  });
}

async function blurredCopy(studio: Studio, plane: Plane, sigma: number): Promise<Plane> {
  const copy = newPlane(studio, plane);
  const length = plane.width * plane.height;
  studio.arena.f32(copy.at, length).set(studio.arena.f32(plane.at, length));
  await gaussianBlur(studio, copy, sigma);
  return copy;
}
