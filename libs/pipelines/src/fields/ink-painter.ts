import type { Address } from '../engine/arena.js';
import type { ThreadContext } from '../engine/thread-context.js';
import type { PrintGeometry } from '../geometry.js';
import { printCells, type Cells } from './cells.js';
import type { Plane } from './field.js';
import { AXIS_PADDING, type Upscaler } from './upscaler.js';

export interface Ink {
  /** Response of the field from which on there is ink. */
  readonly threshold: number;
  /** 0..1. */
  readonly opacity: number;
  readonly color: readonly number[];
  readonly antialias: boolean;
}

/** Share of the threshold per working pixel below which a response counts as flat. */
const FLAT_SLOPE = 0.25;

/** Draws ink where a response, interpolated at print size, exceeds a threshold: crisp at any enlargement. */
export class InkPainter {
  private readonly cells: Cells;
  private readonly row: Address;
  private readonly rowGradients: Address;

  constructor(
    private readonly response: Plane,
    private readonly ink: Ink,
    private readonly upscaler: Upscaler,
    private readonly geometry: PrintGeometry,
    private readonly context: ThreadContext,
  ) {
    const bytes = (response.width + 2 * AXIS_PADDING + 1) * 4 + 16;
    this.cells = printCells(geometry, context);
    this.row = context.arena.allocate(bytes);
    this.rowGradients = context.arena.allocate(bytes);
  }

  /** Lays ink over one print row. @param out RGB */
  over(y: number, out: Address): void {
    const { threshold, opacity, color, antialias } = this.ink;
    this.upscaler.gather(this.response, y, this.row);
    this.upscaler.gatherGradient(this.response, y, this.rowGradients);
    const leastSlope = threshold * FLAT_SLOPE * this.geometry.workingPerPxX;
    this.context.kernels.inkRow(
      ...[this.row, this.rowGradients, this.cells.at, this.cells.count, this.upscaler.weights, this.upscaler.slopes],
      ...[threshold, leastSlope, opacity, antialias ? 0 : 1, ...color, out],
    );
  }
}
