import type { PrintGeometry } from '../geometry.js';
import { exactExp } from './exact-math.js';
import type { LabelField } from './label-field.js';
import { gaussianKernel } from './plane.js';
import { AXIS_PADDING, padRow, splineAxis, splineWeights, type SplineAxis } from './upscaler.js';

export interface LabelUpscalerOptions {
  /** Gaussian smoothing of the memberships before enlargement, in working pixels; 0 for none. */
  readonly sigma: number;
  /** Whether edge pixels mix the two colours they lie between. */
  readonly antialias: boolean;
}

/** Memberships differ by less than this where a one pixel ramp can reach; their slope never exceeds one per working pixel. */
const RAMP_REACH = 1;

/**
 * Enlarges a label field with smooth, sharp borders: each label's membership is interpolated by a cubic B-spline and the
 * strongest one wins, so borders are curves of sub-pixel accuracy rather than stairs.
 */
export class LabelUpscaler {
  private readonly axis: SplineAxis;
  private readonly kernel: Float64Array;
  private readonly radius: number;
  private readonly stride: number;
  private readonly members: Float32Array;
  private readonly rises: Float32Array;
  private readonly columnMasks: Int32Array;
  private readonly cellMasks: Int32Array;
  private readonly spare: Float32Array;
  private readonly spline = new Float64Array(4);
  private readonly splineSlopes = new Float64Array(4);

  constructor(
    private readonly field: LabelField,
    private readonly geometry: PrintGeometry,
    private readonly options: LabelUpscalerOptions,
  ) {
    this.axis = splineAxis(geometry.widthPx, geometry.workingPerPxX);
    this.kernel = options.sigma > 0 ? gaussianKernel(options.sigma, exactExp) : Float64Array.of(1);
    this.radius = (this.kernel.length - 1) / 2;
    this.stride = field.width + 2 * AXIS_PADDING + 1;
    this.members = new Float32Array(this.stride * field.k);
    this.rises = new Float32Array(this.stride * field.k);
    this.columnMasks = new Int32Array(field.width);
    this.cellMasks = new Int32Array(this.stride);
    this.spare = new Float32Array(this.stride);
  }

  /**
   * Paints one print row.
   * @param palette RGB per label, interleaved
   * @param out RGB interleaved, written from `at`
   */
  paintRow(y: number, palette: Uint8Array, out: Uint8Array, at: number): void {
    const present = this.gather(y);
    for (let label = 0; label < this.field.k; label++) if (present & (1 << label)) this.blurRow(label);
    this.spreadMasks();
    const { first } = this.axis;
    for (let x = 0, o = at; x < first.length; x++, o += 3) {
      const mask = this.cellMasks[first[x]];
      if ((mask & (mask - 1)) === 0) {
        const p = 3 * (31 - Math.clz32(mask));
        out[o] = palette[p];
        out[o + 1] = palette[p + 1];
        out[o + 2] = palette[p + 2];
      } else this.paintEdge(x, mask, palette, out, o);
    }
  }

  /** Sums the label indicators down the columns with the product of blur and spline. @returns mask of labels seen */
  private gather(y: number): number {
    const { field, geometry, kernel, radius, members, rises, columnMasks, stride } = this;
    const { width, height, data } = field;
    const position = (y + 0.5) * geometry.workingPerPxY - 0.5;
    const cell = Math.floor(position);
    splineWeights(position - cell, this.spline, this.splineSlopes, 0);
    members.fill(0);
    rises.fill(0);
    columnMasks.fill(0);
    let present = 0;
    for (let tap = -1 - radius; tap <= 2 + radius; tap++) {
      const weight = this.tapWeight(tap, this.spline, kernel);
      const slope = this.tapWeight(tap, this.splineSlopes, kernel) * geometry.workingPerPxY;
      const row = Math.min(height - 1, Math.max(0, cell + tap)) * width;
      for (let x = 0; x < width; x++) {
        const label = data[row + x];
        const i = label * stride + x + AXIS_PADDING;
        members[i] += weight;
        rises[i] += slope;
        columnMasks[x] |= 1 << label;
      }
    }
    for (let x = 0; x < width; x++) present |= columnMasks[x];
    return present;
  }

  private tapWeight(tap: number, spline: Float64Array, kernel: Float64Array): number {
    let sum = 0;
    for (let s = 0; s < 4; s++) {
      const k = tap - (s - 1) + this.radius;
      if (k >= 0 && k < kernel.length) sum += spline[s] * kernel[k];
    }
    return sum;
  }

  private blurRow(label: number): void {
    const from = label * this.stride;
    this.blurInto(this.members.subarray(from, from + this.stride));
    this.blurInto(this.rises.subarray(from, from + this.stride));
  }

  private blurInto(row: Float32Array): void {
    const { kernel, radius, spare } = this;
    const { width } = this.field;
    if (radius > 0) {
      spare.set(row);
      for (let x = 0; x < width; x++) {
        let sum = 0;
        for (let k = -radius; k <= radius; k++) {
          const i = x + k < 0 ? 0 : x + k >= width ? width - 1 : x + k;
          sum += kernel[k + radius] * spare[i + AXIS_PADDING];
        }
        row[x + AXIS_PADDING] = sum;
      }
    }
    padRow(row, width);
  }

  /** For each first tap: which labels can have a share in the pixels between its taps. */
  private spreadMasks(): void {
    const { cellMasks, columnMasks, radius } = this;
    const { width } = this.field;
    for (let i = 0; i < cellMasks.length; i++) {
      const low = Math.max(0, i - AXIS_PADDING - radius);
      const high = Math.min(width - 1, i - AXIS_PADDING + 3 + radius);
      let mask = 0;
      for (let x = Math.min(low, width - 1); x <= Math.max(high, 0); x++) mask |= columnMasks[x];
      cellMasks[i] = mask;
    }
  }

  private paintEdge(x: number, mask: number, palette: Uint8Array, out: Uint8Array, o: number): void {
    let first = 0;
    let second = 0;
    let most = -1;
    let next = -1;
    for (let rest = mask; rest !== 0; rest &= rest - 1) {
      const label = 31 - Math.clz32(rest & -rest);
      const m = this.tap(this.members, label, x, this.axis.weights);
      if (m > most) {
        [second, next] = [first, most];
        [first, most] = [label, m];
      } else if (m > next) [second, next] = [label, m];
    }
    const share = this.options.antialias ? this.shareOf(first, second, most - next, x) : 1;
    for (let c = 0; c < 3; c++) {
      const a = palette[3 * first + c];
      out[o + c] = share === 1 ? a : (a * share + palette[3 * second + c] * (1 - share) + 0.5) | 0;
    }
  }

  /** Part of the pixel that the stronger label covers, 0.5..1: distance to the border by margin over slope. */
  private shareOf(first: number, second: number, margin: number, x: number): number {
    if (margin > RAMP_REACH * this.geometry.workingPerPxX) return 1;
    const { weights, slopes } = this.axis;
    const dx = this.tap(this.members, first, x, slopes) - this.tap(this.members, second, x, slopes);
    const dy = this.tap(this.rises, first, x, weights) - this.tap(this.rises, second, x, weights);
    const slope = Math.sqrt(dx * dx + dy * dy);
    return slope * 0.5 <= margin ? 1 : 0.5 + margin / slope;
  }

  private tap(rows: Float32Array, label: number, x: number, weights: Float32Array): number {
    const i = label * this.stride + this.axis.first[x];
    const w = 4 * x;
    return (
      weights[w] * rows[i] + weights[w + 1] * rows[i + 1] + weights[w + 2] * rows[i + 2] + weights[w + 3] * rows[i + 3]
    );
  }
}
