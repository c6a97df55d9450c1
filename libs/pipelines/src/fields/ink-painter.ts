import type { Address } from '../engine/arena.js';
import { inkRowLayout } from '../engine/kernels.generated.js';
import { ParameterBlock } from '../engine/parameter-block.js';
import type { ThreadContext } from '../engine/thread-context.js';
import type { PrintGeometry } from '../geometry.js';
import { printCells } from './cells.js';
import type { Plane } from './field.js';
import { AXIS_PADDING, type Upscaler } from './upscaler.js';

export interface Ink {
  /** Response of the field from which on there is ink. */
  readonly threshold: number;
  /** 0..1. */
  readonly opacity: number;
  readonly color: readonly [number, number, number];
  readonly antialias: boolean;
}

/** Share of the threshold per working pixel below which a response counts as flat. */
const FLAT_SLOPE = 0.25;

/** Draws ink where a response, interpolated at print size, exceeds a threshold: crisp at any enlargement. */
export class InkPainter {
  private readonly row: Address;
  private readonly rowGradients: Address;
  private readonly parameters: ParameterBlock<typeof inkRowLayout>;

  constructor(
    private readonly response: Plane,
    { threshold, opacity, color: [red, green, blue], antialias }: Ink,
    private readonly upscaler: Upscaler,
    geometry: PrintGeometry,
    private readonly context: ThreadContext,
  ) {
    const bytes = (response.width + 2 * AXIS_PADDING + 1) * 4 + 16;
    const cells = printCells(geometry, context);
    this.row = context.arena.allocate(bytes);
    this.rowGradients = context.arena.allocate(bytes);
    this.parameters = new ParameterBlock(context.arena, inkRowLayout, {
      row: this.row,
      gradients: this.rowGradients,
      cells: cells.at,
      cellCount: cells.count,
      weights: upscaler.weights,
      slopes: upscaler.slopes,
      threshold,
      leastSlope: threshold * FLAT_SLOPE * geometry.workingPerPxX,
      opacity,
      hard: antialias ? 0 : 1,
      red,
      green,
      blue,
    });
  }

  /** Lays ink over one print row. @param out RGB */
  over(y: number, out: Address): void {
    this.upscaler.gather(this.response, y, this.row);
    this.upscaler.gatherGradient(this.response, y, this.rowGradients);
    this.context.kernels.inkRow(this.parameters.at, out);
  }
}
