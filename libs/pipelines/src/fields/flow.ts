import { flowAcrossLayout, flowAlongLayout } from '../engine/kernels.generated.js';
import { ParameterBlock } from '../engine/parameter-block.js';
import type { RenderSession } from '../engine/render-session.js';
import { newPlane, newTexels, type Plane, type Texels } from './field.js';
import { differenceOfGaussians, DOG_RATIO, gaussianBlur, halfGaussian } from './gaussian.js';

/** Working pixels between samples along a streamline: smoothed fields lose nothing by it. */
const STEP_PX = 1.5;
/** Gradient length per working pixel and response that are too faint for any line: most of a picture is skipped by them. */
const EVEN_GRADIENT = 0.004;
const FAINT_RESPONSE = 0.001;

/**
 * Tangent field from the Gaussian-smoothed structure tensor (Brox et al. 2006; Kyprianidis and Doellner 2008).
 * @param sigma smoothing of the tensor, in working pixels
 * @returns texels of unit tangent x, y, anisotropy 0..1 and the length of the smoothed gradient
 */
export async function flowField(session: RenderSession, texels: Texels, sigma: number): Promise<Texels> {
  const tensor = await structureTensor(session, texels, sigma);
  await session.parallelRows('flowOfTensor', texels.height, tensor.at, tensor.at, texels.width);
  return tensor;
}

/** Products of the gradients (xx, xy, yy, 0), smoothed. */
export async function structureTensor(session: RenderSession, texels: Texels, sigma: number): Promise<Texels> {
  const tensor = newTexels(session, texels);
  await session.parallelRows('tensorTexels', texels.height, texels.at, tensor.at, texels.width, texels.height);
  await gaussianBlur(session, tensor, sigma);
  return tensor;
}

export interface FdogOptions {
  /** Width of the narrow Gaussian across the edge, in working pixels; the line comes out about twice as wide. */
  readonly sigmaEdge: number;
  /** Length over which lines are made coherent along the flow, in working pixels. */
  readonly sigmaFlow: number;
}

/**
 * Flow-based difference of Gaussians (Kang, Lee and Chui 2007; separated form of Kyprianidis and Doellner 2008).
 * @param lightness 0..1
 * @returns the response with dark lines positive, about 0.01..0.2 on edges and near 0 elsewhere; not thresholded, so that
 *   it can be enlarged first
 */
export async function flowDog(
  session: RenderSession,
  lightness: Plane,
  flow: Texels,
  { sigmaEdge, sigmaFlow }: FdogOptions,
): Promise<Plane> {
  const response = newPlane(session, lightness);
  const { width, height } = lightness;
  await session.arena.scoped(async () => {
    const across = newPlane(session, lightness);
    const kernel = differenceOfGaussians(sigmaEdge, Math.ceil(2.5 * DOG_RATIO * sigmaEdge) + 1);
    const { at } = new ParameterBlock(session.arena, flowAcrossLayout, {
      plane: lightness.at,
      flow: flow.at,
      out: across.at,
      width,
      height,
      kernel: session.arena.storeF32(kernel),
      taps: kernel.length,
      even: EVEN_GRADIENT,
    });
    await session.parallelRows('filterAcross', height, at);
    await smoothInto(session, across, flow, sigmaFlow, response, FAINT_RESPONSE);
  });
  return response;
}

/** Weighted mean along the streamline through each pixel (Cabral and Leedom 1993). @param sigma in working pixels */
export async function smoothAlong(session: RenderSession, plane: Plane, flow: Texels, sigma: number): Promise<Plane> {
  const out = newPlane(session, plane);
  await smoothInto(session, plane, flow, sigma, out, 0);
  return out;
}

async function smoothInto(
  session: RenderSession,
  plane: Plane,
  flow: Texels,
  sigma: number,
  out: Plane,
  least: number,
): Promise<void> {
  const { width, height } = plane;
  await session.arena.scoped(async () => {
    const steps = sigma / STEP_PX;
    const kernel = halfGaussian(steps, Math.ceil(2 * steps) + 1);
    const tangents = session.arena.allocate(width * height * 4);
    await session.parallelRows('packTangents', height, flow.at, tangents, width);
    const { at } = new ParameterBlock(session.arena, flowAlongLayout, {
      plane: plane.at,
      tangents,
      out: out.at,
      width,
      height,
      kernel: session.arena.storeF32(kernel),
      taps: kernel.length,
      step: STEP_PX,
      least,
    });
    await session.parallelRows('filterAlong', height, at);
  });
}
