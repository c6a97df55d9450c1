import type { Address } from '../engine/arena.js';
import type { Studio } from '../engine/studio.js';
import { exactExp, exactSinCos } from '../fields/exact-math.js';
import { newPlane, newTexels, type Plane, type Texels } from '../fields/field.js';
import { gaussianBlur } from '../fields/gaussian.js';

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

export function newTangents({ arena }: Studio, { width, height }: { width: number; height: number }): Tangents {
  return { at: arena.allocate(width * height * 8), width, height };
}

/** Tangents along the edges. @param tensor smoothed, texels of (xx, xy, yy, 0) */
export async function tangentsOfTensor(studio: Studio, tensor: Texels): Promise<Tangents> {
  const tangents = newTangents(studio, tensor);
  await studio.rows('tangentsOfTensor', tensor.height, tensor.at, tangents.at, tensor.width);
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
  studio: Studio,
  halfTensor: Texels,
  { angleDeg, follow, sigma }: DirectionOptions,
  tangents: Tangents,
): Promise<void> {
  const base = exactSinCos(2 * angleDeg);
  const fixed = [FIXED_WEIGHT * base.cos, FIXED_WEIGHT * base.sin];
  const { at, width, height } = halfTensor;
  await gaussianBlur(studio, halfTensor, sigma / 2);
  await studio.rows('directionsOfTensor', height, at, width, follow, FULL_STRENGTH, ...fixed);
  await gaussianBlur(studio, halfTensor, sigma / 2);
  await studio.arena.scoped(async () => {
    const wide = newTexels(studio, halfTensor);
    await studio.rows('copyTexels', height, at, wide.at, width);
    await gaussianBlur(studio, wide, (sigma / 2) * WIDE_SIGMA);
    await studio.rows('addTexels', height, at, wide.at, WIDE_WEIGHT, width);
  });
  await studio.rows('tangentsOfDirections', tangents.height, at, tangents.at, tangents.width, tangents.height);
}

/** Means of 2 x 2 texels. */
export async function halfSize(studio: Studio, texels: Texels): Promise<Texels> {
  const { width, height } = texels;
  const half = newTexels(studio, { width: (width + 1) >> 1, height: (height + 1) >> 1 });
  await studio.rows('halveTexels', half.height, texels.at, half.at, width, height);
  return half;
}

/** Gaussian mean along the lines, into `out`. @param sigma in working pixels */
export async function meanAlong(
  studio: Studio,
  plane: Plane,
  tangents: Tangents,
  sigma: number,
  out = newPlane(studio, plane),
): Promise<Plane> {
  const step = Math.max(LEAST_STEP, sigma / STEPS_PER_SIGMA);
  const steps = sigma / step;
  const bell = Array.from({ length: Math.ceil(2 * steps) + 1 }, (_, k) => exactExp((-k * k) / (2 * steps * steps)));
  const total = bell.reduce((sum, weight, k) => sum + (k === 0 ? weight : 2 * weight), 0);
  const { width, height } = plane;
  await studio.arena.scoped(async () => {
    const weights = studio.arena.storeF32(bell.map((weight) => weight / total));
    await studio.rows(
      'meanAlong',
      height,
      ...[plane.at, tangents.at, out.at, width, height, weights, bell.length, step],
    );
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
  studio: Studio,
  plane: Plane,
  tangents: Tangents,
  { even, odd, step }: AcrossKernel,
  out = newPlane(studio, plane),
): Promise<Plane> {
  const { width, height } = plane;
  await studio.arena.scoped(async () => {
    const weights = studio.arena.storeF32(even);
    const oddWeights = odd === undefined ? 0 : studio.arena.storeF32(odd);
    await studio.rows(
      'filterAcrossLines',
      height,
      ...[plane.at, tangents.at, out.at, width, height, weights, oddWeights, even.length, step],
    );
  });
  return out;
}
