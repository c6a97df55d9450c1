import type { Address } from '../engine/arena.js';
import type { ThreadContext } from '../engine/thread-context.js';
import type { PrintGeometry } from '../geometry.js';
import type { Field, Plane, Texels } from './field.js';

/** Border pixels that a padded working row has on its left, and one more than that on its right. */
export const AXIS_PADDING = 2;

/** Weights of four neighboring samples. */
export type SplineWeights = [number, number, number, number];

/** Cubic B-spline weights of the four samples around a position with fraction t, 0..1. */
export function splineWeights(t: number): SplineWeights {
  const u = 1 - t;
  return [(u * u * u) / 6, (4 - 6 * t * t + 3 * t * t * t) / 6, (4 - 6 * u * u + 3 * u * u * u) / 6, (t * t * t) / 6];
}

/** Their derivatives by t. */
export function splineSlopes(t: number): SplineWeights {
  const u = 1 - t;
  return [(-u * u) / 2, (3 * t * t - 4 * t) / 2, (4 * u - 3 * u * u) / 2, (t * t) / 2];
}

/** Where a print row or column falls among the working ones: the second of its four taps and the way to the third. */
export function splineCell(at: number, ratio: number): { cell: number; t: number } {
  const position = (at + 0.5) * ratio - 0.5;
  const cell = Math.floor(position);
  return { cell, t: position - cell };
}

/**
 * Cubic B-spline enlargement of working fields, one print row at a time, in a painting thread. A B-spline never rings and
 * its slope is smooth.
 */
export class Upscaler {
  /** i32 per print column: its first tap in a padded working row. */
  readonly first: Address;
  /** Four f32 per print column. */
  readonly weights: Address;
  /** Four f32 per print column: weights of the change per print column. */
  readonly slopes: Address;
  private readonly padded: Address;
  private readonly rowGradients: Address;

  constructor(
    private readonly geometry: PrintGeometry,
    private readonly context: ThreadContext,
  ) {
    const { arena } = context;
    const { widthPx, workingPerPxX, workingWidth } = geometry;
    this.first = arena.allocate(widthPx * 4);
    this.weights = arena.allocate(widthPx * 16);
    this.slopes = arena.allocate(widthPx * 16);
    this.padded = arena.allocate((workingWidth + 2 * AXIS_PADDING + 1) * 16);
    this.rowGradients = arena.allocate((workingWidth + 2 * AXIS_PADDING + 1) * 4);
    const first = arena.i32(this.first, widthPx);
    const weights = arena.f32(this.weights, widthPx * 4);
    const slopes = arena.f32(this.slopes, widthPx * 4);
    for (let x = 0; x < widthPx; x++) {
      const { cell, t } = splineCell(x, workingPerPxX);
      first[x] = cell - 1 + AXIS_PADDING;
      weights.set(splineWeights(t), 4 * x);
      slopes.set(
        splineSlopes(t).map((slope) => slope * workingPerPxX),
        4 * x,
      );
    }
  }

  /** @param out one f32 per print column */
  row(plane: Plane, y: number, out: Address): void {
    this.gather(plane, y, this.padded);
    this.context.kernels.spreadRow(this.padded, this.first, this.weights, out, this.geometry.widthPx);
  }

  /** Four values per print column. @param out four f32 per print column */
  texelRow(texels: Texels, y: number, out: Address): void {
    this.gather(texels, y, this.padded);
    this.context.kernels.spreadTexels(this.padded, this.first, this.weights, out, this.geometry.widthPx);
  }

  /** As {@link row}, with the length of the gradient per print pixel. */
  rowWithSlope(plane: Plane, y: number, out: Address, slope: Address): void {
    this.gather(plane, y, this.padded);
    this.gatherGradient(plane, y, this.rowGradients);
    this.context.kernels.spreadRowWithSlope(
      ...[this.padded, this.rowGradients, this.first, this.weights, this.slopes, out, slope, this.geometry.widthPx],
    );
  }

  /** Interpolates down the columns: one padded working row. @param out (width + 5) * lanes f32 */
  gather(field: Field, y: number, out: Address): void {
    const { cell, t } = splineCell(y, this.geometry.workingPerPxY);
    this.blendRows(field, cell, splineWeights(t), out);
  }

  /** The change per print row, likewise. */
  gatherGradient(field: Field, y: number, out: Address): void {
    const { cell, t } = splineCell(y, this.geometry.workingPerPxY);
    const ratio = this.geometry.workingPerPxY;
    const [a, b, c, d] = splineSlopes(t);
    this.blendRows(field, cell, [a * ratio, b * ratio, c * ratio, d * ratio], out);
  }

  private blendRows({ at, width, height, lanes }: Field, cell: number, weights: SplineWeights, out: Address): void {
    this.context.kernels.gatherRow(at, width * lanes, height, lanes, cell, ...weights, out);
  }
}
