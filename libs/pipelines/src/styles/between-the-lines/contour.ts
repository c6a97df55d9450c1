import type { RenderSession } from '../../engine/render-session.js';
import { newPlane, valuesOf, type Plane } from '../../fields/field.js';
import { differenceOfGaussians, DOG_RATIO } from '../../fields/gaussian.js';
import { filterAcross, meanAlong, type Tangents } from './tangents.js';

/** Length over which contours are made coherent, in widths of the narrow Gaussian. */
const COHERENCE = 4;
/** Share of the picture that contours cover when hardly any and when all are asked for. */
const LEAST_COVER = 0.01;
const MOST_COVER = 0.1;
const LEAST_RESPONSE = 0.005;
const MOST_RESPONSE = 0.05;
const LEVELS = 1024;

/**
 * Flow-based difference of Gaussians (Kang, Lee and Chui 2007; separated form of Kyprianidis and Doellner 2008).
 * @param lightness 0..1
 * @param sigmaEdge width of the narrow Gaussian across the edge, in working pixels
 * @param out where the response goes: dark lines positive, about 0.01..0.2 on edges and near 0 elsewhere
 */
export async function contourResponse(
  session: RenderSession,
  lightness: Plane,
  tangents: Tangents,
  sigmaEdge: number,
  out: Plane,
): Promise<void> {
  await session.arena.scoped(async () => {
    const across = newPlane(session, lightness);
    const even = differenceOfGaussians(sigmaEdge, Math.ceil(2.5 * DOG_RATIO * sigmaEdge) + 1);
    await filterAcross(session, lightness, tangents, { even, step: 1 }, across);
    await meanAlong(session, across, tangents, COHERENCE * sigmaEdge, out);
  });
}

/**
 * Response from which on there is a contour: as many pixels get one as asked for, but noise never does and strong edges
 * always do.
 * @param amount 0..1
 */
export function contourThreshold(session: RenderSession, response: Plane, amount: number): number {
  const values = valuesOf(session, response);
  const counts = new Int32Array(LEVELS);
  let above = 0;
  for (let i = 0; i < values.length; i += 3, above++) {
    counts[Math.min(LEVELS - 1, Math.max(0, Math.floor((values[i] / MOST_RESPONSE) * LEVELS)))]++;
  }
  const wanted = (LEAST_COVER + (MOST_COVER - LEAST_COVER) * amount) * above;
  let level = 0;
  while (level < LEVELS && above > wanted) above -= counts[level++];
  return Math.min(MOST_RESPONSE, Math.max(LEAST_RESPONSE, (level / LEVELS) * MOST_RESPONSE));
}
