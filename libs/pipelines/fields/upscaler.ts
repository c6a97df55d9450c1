import type { PrintGeometry } from '../geometry.js';
import type { Plane } from './plane.js';

/** Cubic B-spline weights of the four samples around a position with fraction t, and their derivatives by t. */
export function splineWeights(
  t: number,
  weights: Float64Array | Float32Array,
  slopes: Float64Array | Float32Array,
  at: number,
): void {
  const u = 1 - t;
  weights[at] = (u * u * u) / 6;
  weights[at + 1] = (4 - 6 * t * t + 3 * t * t * t) / 6;
  weights[at + 2] = (4 - 6 * u * u + 3 * u * u * u) / 6;
  weights[at + 3] = (t * t * t) / 6;
  slopes[at] = (-u * u) / 2;
  slopes[at + 1] = (3 * t * t - 4 * t) / 2;
  slopes[at + 2] = (-3 * u * u + 4 * u) / 2;
  slopes[at + 3] = (t * t) / 2;
}

/** For each print column: the first of its four working columns, and their weights. */
export interface SplineAxis {
  /** Working column of the first tap plus {@link AXIS_PADDING}. */
  readonly first: Int32Array;
  readonly weights: Float32Array;
  /** Weights of the derivative, per print pixel. */
  readonly slopes: Float32Array;
}

/** Border columns that a padded working row has on its left, and one more than that on its right. */
export const AXIS_PADDING = 2;

export function splineAxis(printSize: number, ratio: number): SplineAxis {
  const first = new Int32Array(printSize);
  const weights = new Float32Array(printSize * 4);
  const slopes = new Float32Array(printSize * 4);
  for (let x = 0; x < printSize; x++) {
    const position = (x + 0.5) * ratio - 0.5;
    const cell = Math.floor(position);
    first[x] = cell - 1 + AXIS_PADDING;
    splineWeights(position - cell, weights, slopes, 4 * x);
  }
  for (let i = 0; i < slopes.length; i++) slopes[i] *= ratio;
  return { first, weights, slopes };
}

/** Cubic B-spline enlargement of working planes, one print row at a time. A B-spline never rings and its slope is smooth. */
export class Upscaler {
  private readonly axis: SplineAxis;
  private readonly values: Float32Array;
  private readonly rises: Float32Array;
  private readonly weights = new Float64Array(4);
  private readonly slopes = new Float64Array(4);

  constructor(private readonly geometry: PrintGeometry) {
    this.axis = splineAxis(geometry.widthPx, geometry.workingPerPxX);
    this.values = new Float32Array(geometry.workingWidth + 2 * AXIS_PADDING + 1);
    this.rises = new Float32Array(this.values.length);
  }

  /** @param out one value per print column */
  row(plane: Plane, y: number, out: Float32Array): void {
    this.gather(plane, y);
    const { axis, values } = this;
    const { first, weights } = axis;
    for (let x = 0, w = 0; x < out.length; x++, w += 4) {
      const i = first[x];
      out[x] =
        weights[w] * values[i] +
        weights[w + 1] * values[i + 1] +
        weights[w + 2] * values[i + 2] +
        weights[w + 3] * values[i + 3];
    }
  }

  /** As {@link row}, with the length of the gradient per print pixel. */
  rowWithSlope(plane: Plane, y: number, out: Float32Array, slope: Float32Array): void {
    this.row(plane, y, out);
    const { axis, values, rises } = this;
    const { first, weights, slopes } = axis;
    for (let x = 0, w = 0; x < out.length; x++, w += 4) {
      const i = first[x];
      const dx =
        slopes[w] * values[i] +
        slopes[w + 1] * values[i + 1] +
        slopes[w + 2] * values[i + 2] +
        slopes[w + 3] * values[i + 3];
      const dy =
        weights[w] * rises[i] +
        weights[w + 1] * rises[i + 1] +
        weights[w + 2] * rises[i + 2] +
        weights[w + 3] * rises[i + 3];
      slope[x] = Math.sqrt(dx * dx + dy * dy);
    }
  }

  /** Interpolates down the columns: one padded working row of values and of their change per print row. */
  private gather({ width, height, data }: Plane, y: number): void {
    const { values, rises, weights, slopes, geometry } = this;
    const position = (y + 0.5) * geometry.workingPerPxY - 0.5;
    const cell = Math.floor(position);
    splineWeights(position - cell, weights, slopes, 0);
    values.fill(0);
    rises.fill(0);
    for (let tap = 0; tap < 4; tap++) {
      const row = Math.min(height - 1, Math.max(0, cell - 1 + tap)) * width;
      const weight = weights[tap];
      const slope = slopes[tap] * geometry.workingPerPxY;
      for (let x = 0; x < width; x++) {
        values[x + AXIS_PADDING] += weight * data[row + x];
        rises[x + AXIS_PADDING] += slope * data[row + x];
      }
    }
    padRow(values, width);
    padRow(rises, width);
  }
}

/** Repeats the border values of a working row into its padding. */
export function padRow(row: Float32Array, width: number): void {
  row.fill(row[AXIS_PADDING], 0, AXIS_PADDING);
  row.fill(row[AXIS_PADDING + width - 1], AXIS_PADDING + width);
}

/**
 * How much of a pixel lies where a field exceeds its threshold: a ramp about one pixel wide, whatever the enlargement.
 * @param excess field minus threshold
 * @param slope of the field per pixel
 * @param leastSlope below which a field counts as flat and fades instead of flickering
 * @returns 0..1
 */
export function coverage(excess: number, slope: number, leastSlope: number): number {
  const c = 0.5 + excess / (slope > leastSlope ? slope : leastSlope);
  return c < 0 ? 0 : c > 1 ? 1 : c;
}
