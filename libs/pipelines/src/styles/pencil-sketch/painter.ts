import type { Address } from '../../engine/arena.js';
import type { ThreadContext } from '../../engine/thread-context.js';
import { printCells, type Cells } from '../../fields/cells.js';
import type { Plane } from '../../fields/field.js';
import { AXIS_PADDING, splineCell, splineWeights } from '../../fields/upscaler.js';
import type { PrintGeometry } from '../../geometry.js';
import type { Painter, PainterModule } from '../../style.js';
import { Graphite } from './graphite.js';
import type { PencilSketchSettings } from './settings.js';
import { listOfRow, type StrokeRows } from './stroke-rows.js';

/** What the painting threads need of a drawing. */
export interface SketchPlan {
  /** Hatching wanted per working pixel, 0..1. */
  readonly demand: Plane;
  /** Displacement of the hatching, in pitches. */
  readonly warp: Plane;
  readonly strokes: StrokeRows;
  readonly settings: PencilSketchSettings;
}

/** Lays hatching and outlines on the paper, row by row. */
class SketchPainter implements Painter {
  private readonly graphite: Graphite;
  private readonly cells: Cells;
  private readonly padded: Address;
  private readonly demand: Address;
  private readonly warp: Address;
  private readonly line: Address;

  constructor(
    private readonly plan: SketchPlan,
    private readonly geometry: PrintGeometry,
    private readonly context: ThreadContext,
  ) {
    const { arena } = context;
    const { widthPx, workingWidth } = geometry;
    this.graphite = new Graphite(plan.settings, geometry, widthPx, context);
    this.cells = printCells(geometry, context);
    this.padded = arena.allocate((workingWidth + 2 * AXIS_PADDING + 1) * 4 + 16);
    [this.demand, this.warp, this.line] = [0, 0, 0].map(() => arena.allocate(widthPx * 4 + 32));
  }

  paint(y0: number, rows: number, out: Address): void {
    const { widthPx } = this.geometry;
    const { strokes, demand, warp } = this.plan;
    for (let row = 0; row < rows; row++) {
      const y = y0 + row;
      this.enlarge(demand, y, this.demand);
      this.enlarge(warp, y, this.warp);
      const { at, count } = listOfRow(strokes, y);
      this.context.kernels.strokeRow(y, widthPx, strokes.segments, at, count, this.line);
      this.graphite.row(y, this.demand, this.warp, this.line, out + row * widthPx * 3);
    }
  }

  private enlarge({ at, width, height }: Plane, y: number, out: Address): void {
    const { workingPerPxX, workingPerPxY } = this.geometry;
    const { kernels } = this.context;
    const { cell, t } = splineCell(y, workingPerPxY);
    kernels.gatherRow(at, width, height, 1, cell, ...splineWeights(t), this.padded);
    kernels.splineRow(this.padded, this.cells.at, this.cells.count, workingPerPxX, out);
  }
}

export const createPainter: PainterModule<SketchPlan>['createPainter'] = (plan, geometry, context) =>
  new SketchPainter(plan, geometry, context);
