import type { Address, Arena } from '../engine/arena.js';
import type { Studio } from '../engine/studio.js';
import { exactRoot } from '../fields/exact-math.js';
import { newTexels, type Texels } from '../fields/field.js';
import { photoTexels } from '../fields/smoothing.js';
import type { PrintGeometry } from '../geometry.js';
import type { WorkingPhoto } from '../style.js';
import type { OilPaintingSettings } from './settings.js';
import { halvePhoto, paintUnder, strokeFlow } from './underpainting.js';

const STROKE_BYTES = 48;
const POINT_BYTES = 20;
const STEPS_PER_WIDTH = 4;
/** Grid step of the seeds in brush widths. */
const SPACING = 0.6;
const BARE_SPACING = 0.4;

const TRACE_CALLS = 12;
/** A color error that only bare canvas reaches. */
const BARE = 0.7;

/** Room for strokes and the points of their center lines; records as the kernel oilStrokes takes them. */
export interface StrokeRoom {
  readonly at: Address;
  readonly points: Address;
  readonly maxStrokes: number;
  readonly maxPoints: number;
}

/** Strokes in the order in which they are laid. */
export interface StrokeList extends StrokeRoom {
  readonly count: number;
}

export function reserveStrokes(arena: Arena): StrokeRoom {
  const maxStrokes = 200_000;
  const maxPoints = 2_000_000;
  const at = arena.allocate(maxStrokes * STROKE_BYTES);
  return { at, points: arena.allocate(maxPoints * POINT_BYTES), maxStrokes, maxPoints };
}

interface Job {
  readonly list: StrokeRoom;
  readonly underpainting: Texels;
  readonly settings: OilPaintingSettings;
  readonly geometry: PrintGeometry;
}

/** One brush and what it is for; lengths in working pixels. */
interface Brush {
  readonly width: number;
  /** 0 for the first layer, 1 for the last. */
  readonly fineness: number;
  readonly layer: number;
  /** Only where no layer before has painted. */
  readonly bareOnly?: boolean;
}

/** Fills the underpainting and the list of strokes, coarse brushes first (Hertzmann 1998). @returns how many strokes */
export async function placeStrokes(
  studio: Studio,
  photo: WorkingPhoto,
  { list, underpainting, settings, geometry }: Job,
): Promise<{ count: number }> {
  const half = await halvePhoto(studio, photo);
  await paintUnder(studio, half, settings, underpainting);
  const sharp = await photoTexels(studio, photo);
  await studio.rows('saturateTexels', sharp.height, sharp.at, settings.vividness, sharp.width);
  const flow = await strokeFlow(studio, await photoTexels(studio, half), settings);
  const canvas = newTexels(studio, underpainting);
  await studio.rows('clearCanvas', canvas.height, canvas.at, canvas.width);
  const counts = studio.arena.allocate(8);
  studio.arena.i32(counts, 2).fill(0);
  const scratch = studio.arena.allocate(2 * 64 * 8);
  const brushes = brushesOf(settings, geometry);
  const finest = brushes[brushes.length - 1];
  // The finest brush goes over the picture once more, for the places that are still bare.
  for (const brush of [...brushes, { ...finest, layer: brushes.length, bareOnly: true }]) {
    const reference = brush.fineness < 0.5 ? underpainting : sharp;
    if (brush.layer > 0 && !brush.bareOnly) await studio.rows('clearCover', canvas.height, canvas.at, canvas.width);
    const scale = reference.width / photo.width;
    const parameters = studio.arena.storeF32(parametersOf(brush, settings, geometry, scale));
    const columns = Math.ceil(photo.width / stepOf(brush));
    const rows = Math.ceil(photo.height / stepOf(brush));
    const cells = columns * rows;
    const wanted = studio.arena.allocate(cells);
    const seed = (settings.seed + 1) * 16 + brush.layer;
    const picture = [parameters, reference.at, reference.width, reference.height];
    const canvasSize = [canvas.at, canvas.width, canvas.height];
    await studio.rows('wantedStrokes', rows, ...picture, ...canvasSize, columns, seed, wanted);
    // In shares, so that the compiler's faster code for the kernel can take over between them.
    const share = Math.ceil(cells / TRACE_CALLS);
    for (let visit = 0; visit < cells; visit += share) {
      studio.kernels.traceLayer(
        ...[...picture, flow.at, ...canvasSize, columns, cells, coprimeTo(cells), seed, wanted],
        ...[list.at, list.maxStrokes, list.points, list.maxPoints, counts, scratch],
        ...[visit, Math.min(cells, visit + share)],
      );
    }
    studio.checkpoint();
  }
  const [count] = studio.arena.i32(counts, 2);
  return { count };
}

/** Grid step of the seeds in working pixels. */
function stepOf({ width, bareOnly }: Brush): number {
  return width * (bareOnly ? BARE_SPACING : SPACING);
}

/** Widths in equal ratios from the broadest to the finest. */
function brushesOf({ brushMm, detailMm, layers }: OilPaintingSettings, { workingPerMm }: PrintGeometry): Brush[] {
  const finest = Math.min(brushMm, detailMm);
  const ratio = exactRoot(finest / brushMm, layers - 1);
  let width = brushMm * workingPerMm;
  return Array.from({ length: layers }, (_, layer) => {
    const brush = { width: Math.max(1.5, width), fineness: layer / (layers - 1), layer };
    width *= ratio;
    return brush;
  });
}

/** What the kernel traceLayer reads, in its order. */
function parametersOf(
  brush: Brush,
  { detail, strokeLength, variation, brushMm }: OilPaintingSettings,
  { workingPerMm, workingPerPxX, workingPerPxY }: PrintGeometry,
  scale: number,
): number[] {
  const { width, fineness, layer, bareOnly } = brush;
  const sensitive = (0.24 - 0.16 * detail) * (1 - 0.25 * fineness);
  const error = bareOnly ? BARE : layer === 0 ? 0 : sensitive;
  const along = 0.2 - 0.06 * fineness;
  const side = 0.2 - 0.04 * fineness;
  const reach = (strokeLength * STEPS_PER_WIDTH) / 2;
  const share = width / (brushMm * workingPerMm);
  return [
    ...[width / 2, stepOf(brush), error * error, along * along, side * side],
    ...[reach, 0.1 + 0.6 * variation, 0.16 * variation * (1 - 0.5 * fineness), 0.7],
    ...[fineness < 1 ? 0.6 : 0.5, 1, 0.15 + 0.85 * Math.sqrt(share)],
    ...[scale, 1 / workingPerPxX, 1 / workingPerPxY, fineness < 1 ? 5 : 4, fineness < 1 ? 0 : 1],
  ];
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
