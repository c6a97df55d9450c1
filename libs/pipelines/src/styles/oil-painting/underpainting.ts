import type { Arena } from '../../engine/arena.js';
import type { RenderSession } from '../../engine/render-session.js';
import { newTexels, type Texels } from '../../fields/field.js';
import { structureTensor } from '../../fields/flow.js';
import { gaussianBlur } from '../../fields/gaussian.js';
import { domainTransform } from '../../fields/smoothing.js';
import type { WorkingPhoto } from '../../style.js';
import type { PrintGeometry } from '../../geometry.js';
import type { OilPaintingSettings } from './settings.js';

/** Gradients below this belong to surfaces that are as good as flat, squared. */
const FLAT = 1.2e-5;

/** Room for texels of half the photo's size. */
export function planTexels(arena: Arena, photo: WorkingPhoto): Texels {
  return { at: arena.allocate(halfOf(photo.width) * halfOf(photo.height) * 16), ...halfSize(photo), lanes: 4 };
}

function halfOf(length: number): number {
  return (length + 1) >> 1;
}

function halfSize({ width, height }: { width: number; height: number }): { width: number; height: number } {
  return { width: halfOf(width), height: halfOf(height) };
}

/** The photo at half size. */
export async function halvePhoto(session: RenderSession, photo: WorkingPhoto): Promise<WorkingPhoto> {
  const { width, height } = halfSize(photo);
  const rgb = session.arena.allocate(width * height * 3);
  await session.parallelRows('halveRgb', height, photo.rgb, rgb, photo.width, photo.height);
  return { width, height, rgb };
}

/** Surfaces without their texture, written to `out`. @param photo at half size */
export async function paintUnder(
  session: RenderSession,
  photo: WorkingPhoto,
  { vividness }: OilPaintingSettings,
  { workingScale }: PrintGeometry,
  out: Texels,
): Promise<void> {
  await session.arena.scoped(async () => {
    const calm = await domainTransform(session, photo, { sigmaSpace: 7 * workingScale, sigmaRange: 0.3 });
    copy(session, calm, out);
  });
  await session.parallelRows('saturateTexels', out.height, out.at, vividness, out.width);
}

/**
 * Direction of the strokes at half size: that of the structure tensor where there is structure, that of the wider
 * surroundings where there is none, and one slant where even those are flat.
 */
export async function strokeFlow(
  session: RenderSession,
  texels: Texels,
  { follow }: OilPaintingSettings,
  { workingScale }: PrintGeometry,
): Promise<Texels> {
  const narrow = await structureTensor(session, texels, 2 * workingScale);
  await session.arena.scoped(async () => {
    const [middle, wide] = [newTexels(session, texels), newTexels(session, texels)];
    copy(session, narrow, middle);
    await gaussianBlur(session, middle, 10 * workingScale);
    copy(session, middle, wide);
    await gaussianBlur(session, wide, 36 * workingScale);
    const fallback = FLAT * 3 + (1 - follow) * (1 - follow) * 0.05;
    const slant = [0.25 * fallback, 0.433 * fallback, 0.75 * fallback] as const;
    await session.parallelRows(
      'mixTensors',
      texels.height,
      ...[narrow.at, middle.at, wide.at, 0.12, 0.05],
      ...slant,
      texels.width,
    );
  });
  await session.parallelRows('flowOfTensor', narrow.height, narrow.at, narrow.at, narrow.width);
  return narrow;
}

function copy({ arena }: RenderSession, from: Texels, to: Texels): void {
  const floats = from.width * from.height * 4;
  arena.f32(to.at, floats).set(arena.f32(from.at, floats));
}
