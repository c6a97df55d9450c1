import type { Address } from '../../engine/arena.js';
import { filterAcrossLayout, meanAlongLayout } from '../../engine/kernels.generated.js';
import { ParameterBlock } from '../../engine/parameter-block.js';
import type { RenderSession } from '../../engine/render-session.js';
import { detExp, detSinCos } from '../../fields/deterministic-math.js';
import { newPlane, newTexels, type Plane, type Texels } from '../../fields/field.js';
import { gaussianBlur } from '../../fields/gaussian.js';

/** Unit tangents of lines: two f32 per working pixel, x not negative. */
export interface Tangents {
  readonly at: Address;
  readonly width: number;
  readonly height: number;
}

/** What a fixed direction weighs against that of a sharp edge. */
const FIXED_WEIGHT = 0.35;
/** Length of the smoothed gradient, channels summed, at which a direction is fully believed. */
const FULL_STRENGTH = 6 / 255;
/** Smoothing of the directions of the surroundings, which decide where the nearest ones are at odds. */
const WIDE_SIGMA = 4;
const WIDE_WEIGHT = 0.8;
/** Samples along a line: working pixels between them at least, and how many of them a bell needs. */
const LEAST_STEP = 1.5;
const STEPS_PER_SIGMA = 2.5;

export function newTangents({ arena }: RenderSession, { width, height }: { width: number; height: number }): Tangents {
  return { at: arena.allocate(width * height * 8), width, height };
}

/** Tangents along the edges. @param tensor smoothed, texels of (xx, xy, yy, 0) */
export async function tangentsOfTensor(session: RenderSession, tensor: Texels): Promise<Tangents> {
  const tangents = newTangents(session, tensor);
  await session.parallelRows('tangentsOfTensor', tensor.height, tensor.at, tangents.at, tensor.width);
  return tangents;
}

export interface DirectionOptions {
  /** Direction where the photo shows none, degrees from the x axis, y pointing down. */
  readonly angleDeg: number;
  /** 0 ignores the photo, 1 follows it wherever it has a direction. */
  readonly follow: number;
  /** Smoothing of the tensor and of the directions, in working pixels. */
  readonly sigma: number;
}

/**
 * Tangents that follow the form where there is one and a fixed angle elsewhere, from a structure tensor at half size:
 * they are smooth enough for it.
 * @param halfTensor not smoothed; used up
 */
export async function tangentsOfForm(
  session: RenderSession,
  halfTensor: Texels,
  { angleDeg, follow, sigma }: DirectionOptions,
  tangents: Tangents,
): Promise<void> {
  const base = detSinCos(2 * angleDeg);
  const fixed = [FIXED_WEIGHT * base.cos, FIXED_WEIGHT * base.sin] as const;
  const { at, width, height } = halfTensor;
  await gaussianBlur(session, halfTensor, sigma / 2);
  await session.parallelRows('directionsOfTensor', height, at, width, follow, FULL_STRENGTH, ...fixed);
  await gaussianBlur(session, halfTensor, sigma / 2);
  await session.arena.scoped(async () => {
    const wide = newTexels(session, halfTensor);
    await session.parallelRows('copyTexels', height, at, wide.at, width);
    await gaussianBlur(session, wide, (sigma / 2) * WIDE_SIGMA);
    await session.parallelRows('addTexels', height, at, wide.at, WIDE_WEIGHT, width);
  });
  await session.parallelRows('tangentsOfDirections', tangents.height, at, tangents.at, tangents.width, tangents.height);
}

/** Means of 2 x 2 texels. */
export async function halfSize(session: RenderSession, texels: Texels): Promise<Texels> {
  const { width, height } = texels;
  const half = newTexels(session, { width: (width + 1) >> 1, height: (height + 1) >> 1 });
  await session.parallelRows('halveTexels', half.height, texels.at, half.at, width, height);
  return half;
}

/** Gaussian mean along the lines, into `out`. @param sigma in working pixels */
export async function meanAlong(
  session: RenderSession,
  plane: Plane,
  tangents: Tangents,
  sigma: number,
  out = newPlane(session, plane),
): Promise<Plane> {
  const step = Math.max(LEAST_STEP, sigma / STEPS_PER_SIGMA);
  const steps = sigma / step;
  const bell = Array.from({ length: Math.ceil(2 * steps) + 1 }, (_, k) => detExp((-k * k) / (2 * steps * steps)));
  const total = bell.reduce((sum, weight, k) => sum + (k === 0 ? weight : 2 * weight), 0);
  const { width, height } = plane;
  await session.arena.scoped(async () => {
    const { at } = new ParameterBlock(session.arena, meanAlongLayout, {
      plane: plane.at,
      tangents: tangents.at,
      out: out.at,
      width,
      height,
      kernel: session.arena.storeF32(bell.map((weight) => weight / total)),
      taps: bell.length,
      step,
    });
    await session.parallelRows('meanAlong', height, at);
  });
  return out;
}

export interface AcrossKernel {
  readonly even: ArrayLike<number>;
  /** For a complex wavelet, whose phase is wanted. */
  readonly odd?: ArrayLike<number>;
  /** Working pixels between its values. */
  readonly step: number;
}

/** Filter across the lines, into `out`: the even sum, or the cosine of the phase when there is an odd kernel. */
export async function filterAcross(
  session: RenderSession,
  plane: Plane,
  tangents: Tangents,
  { even, odd, step }: AcrossKernel,
  out = newPlane(session, plane),
): Promise<Plane> {
  const { width, height } = plane;
  await session.arena.scoped(async () => {
    const { at } = new ParameterBlock(session.arena, filterAcrossLayout, {
      plane: plane.at,
      tangents: tangents.at,
      out: out.at,
      width,
      height,
      even: session.arena.storeF32(even),
      odd: odd === undefined ? 0 : session.arena.storeF32(odd),
      taps: even.length,
      step,
    });
    await session.parallelRows('filterAcrossLines', height, at);
  });
  return out;
}
