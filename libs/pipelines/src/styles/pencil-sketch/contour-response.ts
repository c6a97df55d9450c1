import { contoursAcrossLayout, contoursAlongLayout } from '../../engine/kernels.generated.js';
import { ParameterBlock } from '../../engine/parameter-block.js';
import type { RenderSession } from '../../engine/render-session.js';
import { newPlane, type Plane, type Texels } from '../../fields/field.js';
import { differenceOfGaussians, DOG_RATIO, halfGaussian } from '../../fields/gaussian.js';

/** Working pixels: crisp features such as eyelids, and the soft edges of shapes. */
const FINE_SIGMA = 1;
const BROAD_SIGMA = 2.4;

/** A broad response is as high as a fine one on an equal step, but locates the edge less exactly. */
const BROAD_WEIGHT = 0.85;

/** Length over which contours are made coherent, in working pixels. */
const ALONG_SIGMA = 3;

/** Gradients and responses below these are noise of the photo. */
const EVEN = 0.006;
const LEAST = 0.0012;

/**
 * Flow-based difference of Gaussians (Kang, Lee and Chui 2007) at two scales, looked for only where the photo is uneven.
 * @param lightness 0..1
 * @param flow see flowField
 * @returns dark lines positive, about 0.01..0.1 on edges, 0 elsewhere
 */
export async function contourResponse(session: RenderSession, lightness: Plane, flow: Texels): Promise<Plane> {
  const { width, height } = lightness;
  const response = newPlane(session, lightness);
  await session.arena.scoped(async () => {
    const across = newPlane(session, lightness);
    const taps = Math.ceil(2.3 * DOG_RATIO * BROAD_SIGMA) + 1;
    const fine = session.arena.storeF32(differenceOfGaussians(FINE_SIGMA, taps));
    const broad = session.arena.storeF32(
      differenceOfGaussians(BROAD_SIGMA, taps).map((weight) => weight * BROAD_WEIGHT),
    );
    const edges = new ParameterBlock(session.arena, contoursAcrossLayout, {
      plane: lightness.at,
      flow: flow.at,
      out: across.at,
      width,
      height,
      fine,
      broad,
      taps,
      even: EVEN,
    });
    await session.parallelRows('contoursAcross', height, edges.at);
    const along = halfGaussian(ALONG_SIGMA, 2 * ALONG_SIGMA + 1);
    const lines = new ParameterBlock(session.arena, contoursAlongLayout, {
      plane: across.at,
      flow: flow.at,
      out: response.at,
      width,
      height,
      kernel: session.arena.storeF32(along),
      taps: along.length,
      least: LEAST,
    });
    await session.parallelRows('contoursAlong', height, lines.at);
  });
  return response;
}
