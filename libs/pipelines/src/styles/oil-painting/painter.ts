import type { Address } from '../../engine/arena.js';
import { brushLookLayout, oilGroundLayout } from '../../engine/kernels.generated.js';
import { ParameterBlock } from '../../engine/parameter-block.js';
import type { ThreadContext } from '../../engine/thread-context.js';
import { cosineOfTurns } from '../../fields/deterministic-math.js';
import type { Texels } from '../../fields/field.js';
import { hashUnit } from '../../fields/hash-noise.js';
import { Upscaler, AXIS_PADDING } from '../../fields/upscaler.js';
import type { PrintGeometry } from '../../geometry.js';
import type { Painter, PainterModule } from '../../style.js';
import type { OilPaintingSettings } from './settings.js';
import type { StrokeList } from './strokes.js';

/** What the painting threads need of an oil painting. */
export interface OilPlan {
  readonly strokes: StrokeList;
  /** What shows between the strokes, half the working size. */
  readonly underpainting: Texels;
  readonly settings: OilPaintingSettings;
}

const BUFFER_BYTES = 7_100_000;
const MOST_ROWS = 128;
/** Height units per unit of thickness. */
const HEIGHT_UNIT = 8000;
const COARSE_MM = 0.42;
const FINE_MM = 0.15;
/** Narrower ones would flicker. */
const LEAST_BRISTLE_PX = 2.2;
const THREAD_MM = 0.55;

/** Draws the strokes that touch a band into a buffer with a row more on each side, then lights it. */
class OilPainter implements Painter {
  private readonly upscaler: Upscaler;
  private readonly stride: number;
  private readonly chunkRows: number;
  private readonly paintAt: Address;
  private readonly heights: Address;
  private readonly row: Address;
  private readonly look: ParameterBlock<typeof brushLookLayout>;
  private readonly ground: ParameterBlock<typeof oilGroundLayout>;

  constructor(
    private readonly plan: OilPlan,
    private readonly geometry: PrintGeometry,
    private readonly context: ThreadContext,
  ) {
    const { arena } = context;
    const { underpainting } = plan;
    this.upscaler = new Upscaler(halved(geometry, underpainting), context);
    // A column more on each side of a row, for the relief.
    this.stride = Math.ceil((geometry.widthPx + 8) / 4) * 4;
    this.chunkRows = Math.max(1, Math.min(MOST_ROWS, Math.floor(BUFFER_BYTES / (this.stride * 6)) - 2));
    const pixels = this.stride * (this.chunkRows + 2);
    this.paintAt = arena.allocate(pixels * 4 + 32);
    this.heights = arena.allocate(pixels * 2 + 32) + 16;
    this.row = arena.allocate((underpainting.width + 2 * AXIS_PADDING + 1) * 16);
    this.look = this.lookOfBrush();
    this.ground = this.groundOf();
  }

  private groundOf(): ParameterBlock<typeof oilGroundLayout> {
    const { context, geometry, plan, stride } = this;
    const { arena } = context;
    const threadPx = THREAD_MM * geometry.pxPerSheetMm;
    const fade = Math.min(1, Math.max(0, threadPx / 2 - 1));
    return new ParameterBlock(arena, oilGroundLayout, {
      row: this.row,
      first: this.upscaler.first,
      weights: this.upscaler.weights,
      ground: 0.1 * HEIGHT_UNIT,
      weave: arena.storeF32(Array.from({ length: stride }, (_, x) => threadProfile(x, threadPx, 1))),
      depth: 0.12 * HEIGHT_UNIT * plan.settings.canvas * fade,
      thick: 0.7 * HEIGHT_UNIT,
      width: stride,
      n: geometry.widthPx,
    });
  }

  paint(y0: number, rows: number, out: Address): void {
    for (let done = 0; done < rows; done += this.chunkRows) {
      const count = Math.min(this.chunkRows, rows - done);
      this.paintChunk(y0 + done, count, out + done * this.geometry.widthPx * 3);
    }
  }

  private paintChunk(y0: number, rows: number, out: Address): void {
    const { kernels, arena } = this.context;
    const { strokes, settings } = this.plan;
    const { widthPx, pxPerMm, pxPerSheetMm } = this.geometry;
    const { stride, paintAt, heights } = this;
    const pixels = stride * (rows + 2);
    arena.u8(paintAt, pixels * 4).fill(0);
    arena.u8(heights - 16, pixels * 2 + 32).fill(0);
    const list = [strokes.at, strokes.count, strokes.points] as const;
    kernels.oilStrokes(...list, this.look.at, paintAt, heights, stride, y0 - 1, rows + 2);
    for (let row = 0; row < rows + 2; row++) {
      const y = y0 - 1 + row;
      this.upscaler.gather(this.plan.underpainting, y, this.row);
      const weaveY = threadProfile(y, THREAD_MM * pxPerSheetMm, 2);
      kernels.oilGround(this.ground.at, weaveY, paintAt + row * stride * 4, heights + row * stride * 2);
    }
    const slope = (0.45 * pxPerMm * settings.impasto) / HEIGHT_UNIT;
    for (let row = 0; row < rows; row++) {
      const at = (row + 1) * stride;
      kernels.oilLight(
        ...[paintAt + at * 4, heights + at * 2, stride * 2, slope, 0.3, 0.5 * settings.impasto],
        ...[out + row * widthPx * 3, widthPx],
      );
    }
  }

  private lookOfBrush(): ParameterBlock<typeof brushLookLayout> {
    const { pxPerMm } = this.geometry;
    const { bristle } = this.plan.settings;
    const [coarse, fine] = [COARSE_MM * pxPerMm, FINE_MM * pxPerMm];
    // Bristles too narrow for the print's pixels give way to the coarser ones.
    const share = 0.5 * Math.min(1, Math.max(0, (fine - 1.2) / 1.5));
    return new ParameterBlock(this.context.arena, brushLookLayout, {
      bristle: coarse,
      along: 1 / (coarse * 14),
      fineShare: FINE_MM / COARSE_MM,
      fineAlong: 1 / (fine * 16),
      fine: share,
      gain: 0.6,
      relief: 1.1 * bristle,
      tone: 0.5 * bristle,
      heightUnit: HEIGHT_UNIT,
      leastBristle: LEAST_BRISTLE_PX,
    });
  }
}

/** The geometry for fields of half the working size. */
function halved(geometry: PrintGeometry, { width, height }: Texels): PrintGeometry {
  const { workingPerPxX, workingPerPxY } = geometry;
  return {
    ...geometry,
    workingWidth: width,
    workingHeight: height,
    workingPerPxX: workingPerPxX / 2,
    workingPerPxY: workingPerPxY / 2,
  };
}

/** Ups and downs of the threads along a row or column, -1..1, a little uneven. */
function threadProfile(at: number, threadPx: number, axis: number): number {
  const position = at / Math.max(1, threadPx);
  const thread = Math.floor(position);
  const shift = (i: number): number => 0.12 * (hashUnit(i, axis, 7) - 0.5);
  const t = position - thread;
  return cosineOfTurns((position + shift(thread) + (shift(thread + 1) - shift(thread)) * t) / 2);
}

export const createPainter: PainterModule<OilPlan>['createPainter'] = (plan, geometry, context) =>
  new OilPainter(plan, geometry, context);
