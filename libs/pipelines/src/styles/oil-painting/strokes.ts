import type { Address, Arena } from '../../engine/arena.js';
import { strokeLayerLayout } from '../../engine/kernels.generated.js';
import { ParameterBlock } from '../../engine/parameter-block.js';
import type { RenderSession } from '../../engine/render-session.js';
import { newTexels, type Texels } from '../../fields/field.js';
import { photoTexels } from '../../fields/smoothing.js';
import type { PrintGeometry } from '../../geometry.js';
import type { WorkingPhoto } from '../../style.js';
import { brushesOf, manner, type Brush } from './brushes.js';
import type { OilPaintingSettings } from './settings.js';
import { halvePhoto, paintUnder, strokeFlow } from './underpainting.js';

const STROKE_BYTES = 48;
const POINT_BYTES = 20;
const MOST_STROKES = 200_000;
const MOST_POINTS = 2_000_000;
const SCRATCH_BYTES = 1056;
const TRACE_CALLS = 12;

/** Room for strokes and the points of their center lines; records as the kernel oilStrokes takes them. */
export interface StrokeRoom {
  readonly at: Address;
  readonly points: Address;
}

/** Strokes in the order in which they are laid. */
export interface StrokeList extends StrokeRoom {
  readonly count: number;
}

/** Takes as much as any picture needs; what stays empty never becomes resident. */
export function reserveStrokes(arena: Arena): StrokeRoom {
  return { at: arena.allocate(MOST_STROKES * STROKE_BYTES), points: arena.allocate(MOST_POINTS * POINT_BYTES) };
}

interface Job {
  readonly list: StrokeRoom;
  readonly underpainting: Texels;
  readonly settings: OilPaintingSettings;
  readonly geometry: PrintGeometry;
}

/** What all layers are placed by. */
interface LayerInputs {
  /** The photo itself, for the finer brushes. */
  readonly sharp: Texels;
  readonly flow: Texels;
  /** The painting so far, at half size. */
  readonly canvas: Texels;
}

/** Fills the underpainting and the list of strokes, coarse brushes first (Hertzmann 1998). @returns how many strokes */
export async function placeStrokes(session: RenderSession, photo: WorkingPhoto, job: Job): Promise<{ count: number }> {
  const { underpainting, settings, geometry } = job;
  const half = await halvePhoto(session, photo);
  await paintUnder(session, half, settings, geometry, underpainting);
  const sharp = await photoTexels(session, photo);
  await session.parallelRows('saturateTexels', sharp.height, sharp.at, settings.vividness, sharp.width);
  const flow = await strokeFlow(session, await photoTexels(session, half), settings, geometry);
  const canvas = newTexels(session, underpainting);
  await session.parallelRows('clearCanvas', canvas.height, canvas.at, canvas.width);
  let counts = [0, 0];
  for (const brush of brushesOf(settings, geometry)) {
    await session.arena.scoped(async () => {
      counts = await placeLayer(session, brush, { sharp, flow, canvas }, job, counts);
    });
    session.throwIfAborted();
  }
  return { count: counts[0] };
}

/** @param counts strokes and points so far @returns the same with this layer's */
async function placeLayer(
  session: RenderSession,
  brush: Brush,
  { sharp, flow, canvas }: LayerInputs,
  { list, underpainting, settings, geometry }: Job,
  counts: number[],
): Promise<number[]> {
  const { arena, kernels } = session;
  if (!brush.bareOnly) await session.parallelRows('clearCover', canvas.height, canvas.at, canvas.width);
  const reference = brush.fineness < 0.5 ? underpainting : sharp;
  const columns = Math.ceil(sharp.width / brush.step);
  const rows = Math.ceil(sharp.height / brush.step);
  const cells = columns * rows;
  const layer = new ParameterBlock(arena, strokeLayerLayout, {
    ...manner(brush, settings, geometry, reference.width / sharp.width),
    reference: reference.at,
    referenceWidth: reference.width,
    referenceHeight: reference.height,
    flow: flow.at,
    canvas: canvas.at,
    width: canvas.width,
    height: canvas.height,
    columns,
    cells,
    stride: coprimeTo(cells),
    seed: (settings.seed + 1) * 16 + brush.layer,
    wanted: arena.allocate(cells),
    strokes: list.at,
    maxStrokes: MOST_STROKES,
    points: list.points,
    maxPoints: MOST_POINTS,
    strokeCount: counts[0],
    pointCount: counts[1],
    scratch: arena.allocate(SCRATCH_BYTES),
  });
  await session.parallelRows('wantedStrokes', rows, layer.at);
  // In shares, so that the engine can switch to its optimized code for the kernel between them.
  const share = Math.ceil(cells / TRACE_CALLS);
  for (let visit = 0; visit < cells; visit += share) {
    kernels.traceLayer(layer.at, visit, Math.min(cells, visit + share));
  }
  return [layer.get('strokeCount'), layer.get('pointCount')];
}

/** A step near the golden section of n that visits all n cells. */
function coprimeTo(n: number): number {
  let step = Math.max(1, Math.round(n * 0.6180339887));
  while (greatestDivisor(step, n) !== 1) step++;
  return step;
}

function greatestDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestDivisor(b, a % b);
}
