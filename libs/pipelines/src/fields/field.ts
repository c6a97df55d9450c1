import type { Address } from '../engine/arena.js';
import type { RenderSession } from '../engine/render-session.js';

/** One or four f32 per working pixel in the shared memory, row by row from the top. */
export interface Field<Lanes extends 1 | 4 = 1 | 4> {
  readonly at: Address;
  readonly width: number;
  readonly height: number;
  readonly lanes: Lanes;
}

/** One value per pixel. */
export type Plane = Field<1>;

/** Four values per pixel: red, green, blue and luma unless said otherwise. */
export type Texels = Field<4>;

interface Size {
  readonly width: number;
  readonly height: number;
}

export function newPlane({ arena }: RenderSession, { width, height }: Size): Plane {
  return { at: arena.allocate(width * height * 4), width, height, lanes: 1 };
}

export function newTexels({ arena }: RenderSession, { width, height }: Size): Texels {
  return { at: arena.allocate(width * height * 16), width, height, lanes: 4 };
}

/** The values of a field, for steps that run on the main thread. */
export function valuesOf({ arena }: RenderSession, { at, width, height, lanes }: Field): Float32Array {
  return arena.f32(at, width * height * lanes);
}

/** One lane of texels as a plane. @param lane 0..3; 3 is luma for texels of a photo */
export async function planeOfLane(session: RenderSession, texels: Texels, lane: number): Promise<Plane> {
  const plane = newPlane(session, texels);
  await session.parallelRows('planeOfLane', texels.height, texels.at, plane.at, lane, texels.width);
  return plane;
}
