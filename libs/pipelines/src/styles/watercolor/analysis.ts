import { washEdgesLayout } from '../../engine/kernels.generated.js';
import { ParameterBlock } from '../../engine/parameter-block.js';
import type { RenderSession } from '../../engine/render-session.js';
import { newPlane, newTexels, planeOfLane, type Plane, type Texels } from '../../fields/field.js';
import { gaussianBlur } from '../../fields/gaussian.js';
import { domainTransform } from '../../fields/smoothing.js';
import type { PrintGeometry } from '../../geometry.js';
import type { WorkingPhoto } from '../../style.js';
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
const DARKEST = [0.15, 0.135, 0.175] as const;
/** Reach of the sharpening on either side of an edge, in working pixels. */
const EDGE_REACH_PX = 2.4;
/** Slope of tone per working pixel at which an edge is sharpened half way. */
const FAINT_SLOPE = 0.008;
/** How far wet colors run. */
const BLEED_MM = 2.6;

export async function analyze(
  photo: WorkingPhoto,
  settings: WatercolorSettings,
  geometry: PrintGeometry,
  session: RenderSession,
): Promise<WatercolorPlan> {
  const pigment = await domainTransform(session, photo, {
    sigmaSpace: (26 - 20 * settings.detail) * geometry.workingScale,
    sigmaRange: 0.55 - 0.4 * settings.detail,
  });
  const half = { width: Math.ceil(photo.width / 2), height: Math.ceil(photo.height / 2) };
  const water = newTexels(session, half);
  const edges = newTexels(session, photo);
  await mixPigment(session, pigment, settings);
  await wetPaper(session, pigment, water, settings, geometry);
  session.throwIfAborted();
  await findEdges(session, pigment, edges, settings, geometry);
  return { pigment, edges, water, settings };
}

async function mixPigment(session: RenderSession, pigment: Texels, settings: WatercolorSettings): Promise<void> {
  await session.arena.scoped(async () => {
    const curve = session.arena.storeF32(toneCurve(session, pigment, settings.whiteReserve));
    const { at, width, height } = pigment;
    await session.parallelRows('washPigment', height, at, curve, settings.saturation, ...DARKEST, width);
  });
}

/** Decides where the paper is wet and lets the colors run there. */
async function wetPaper(
  session: RenderSession,
  pigment: Texels,
  water: Texels,
  { bleed, seed }: WatercolorSettings,
  { workingPerMm }: PrintGeometry,
): Promise<void> {
  const { width, height } = water;
  const perMm = workingPerMm / 2;
  await session.arena.scoped(async () => {
    const small = newTexels(session, water);
    await session.parallelRows('washHalf', height, pigment.at, small.at, pigment.width, pigment.height, width);
    const busy = newPlane(session, water);
    await session.parallelRows('washBusyness', height, small.at, busy.at, width, height, 12);
    await gaussianBlur(session, busy, 2.5 * perMm);
    await session.parallelRows('washWater', height, water.at, busy.at, width, perMm, 0.55 - 1.3 * bleed, seed * 101);
    if (bleed === 0) return;
    await gaussianBlur(session, small, BLEED_MM * perMm);
    await session.parallelRows(
      'washBleed',
      pigment.height,
      pigment.at,
      small.at,
      water.at,
      pigment.width,
      width,
      height,
    );
  });
}

async function findEdges(
  session: RenderSession,
  pigment: Texels,
  edges: Texels,
  { rimWidthMm }: WatercolorSettings,
  { workingPerMm, workingScale }: PrintGeometry,
): Promise<void> {
  await session.arena.scoped(async () => {
    const fine = await planeOfLane(session, pigment, 3);
    await gaussianBlur(session, fine, 0.8 * workingScale);
    const middle = await blurredCopy(session, fine, 3 * workingScale);
    const coarse = await blurredCopy(session, fine, Math.max(1, rimWidthMm * workingPerMm));
    const { width, height } = pigment;
    const { at } = new ParameterBlock(session.arena, washEdgesLayout, {
      fine: fine.at,
      middle: middle.at,
      coarse: coarse.at,
      out: edges.at,
      width,
      height,
      reach: EDGE_REACH_PX * workingScale,
      faint: FAINT_SLOPE / workingScale,
    });
    await session.parallelRows('washEdges', height, at);
  });
}

async function blurredCopy(session: RenderSession, plane: Plane, sigma: number): Promise<Plane> {
  const copy = newPlane(session, plane);
  const length = plane.width * plane.height;
  session.arena.f32(copy.at, length).set(session.arena.f32(plane.at, length));
  await gaussianBlur(session, copy, sigma);
  return copy;
}
