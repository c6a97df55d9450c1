import type { Address } from '../engine/arena.js';
import type { ThreadContext } from '../engine/thread-context.js';
import type { PrintGeometry } from '../geometry.js';
import { printCells, type Cells } from './cells.js';
import { gaussianKernel } from './gaussian.js';
import type { LabelField } from './label-field.js';
import { AXIS_PADDING, splineCell, splineSlopes, splineWeights, type Upscaler } from './upscaler.js';

export interface LabelPainterOptions {
  /** Gaussian smoothing of the memberships before enlargement, in working pixels; 0 for none. */
  readonly sigma: number;
  /** Whether edge pixels mix the two colours they lie between. */
  readonly antialias: boolean;
}

/** Working rows kept: the four a print row needs. */
const KEPT_ROWS = 4;

/**
 * Enlarges a label field with smooth, sharp borders: each label's membership is interpolated by a cubic B-spline and the
 * strongest one wins, so borders are curves of sub-pixel accuracy rather than stairs.
 */
export class LabelPainter {
  private readonly stride: number;
  private readonly kernel: Address;
  private readonly radius: number;
  private readonly members: Address;
  private readonly masks: Address;
  private readonly scratch: Address;
  private readonly vertical: Address;
  private readonly blended: Address;
  private readonly palette: Address;
  private readonly cells: Cells;
  /** Which working row each kept one is. */
  private readonly kept = new Int32Array(KEPT_ROWS).fill(-1);

  /** @param palette RGB per label, interleaved */
  constructor(
    private readonly field: LabelField,
    palette: Uint8Array,
    private readonly options: LabelPainterOptions,
    private readonly upscaler: Upscaler,
    private readonly geometry: PrintGeometry,
    private readonly context: ThreadContext,
  ) {
    const { arena } = context;
    const kernel = options.sigma > 0 ? gaussianKernel(options.sigma) : [1];
    this.radius = (kernel.length - 1) / 2;
    this.kernel = arena.storeF32(kernel);
    this.stride = field.width + 2 * AXIS_PADDING + 4;
    this.members = arena.allocate(KEPT_ROWS * this.stride * field.k * 4);
    this.masks = arena.allocate(KEPT_ROWS * this.stride * 4);
    this.scratch = arena.allocate((this.stride + 2 * this.radius) * 4);
    this.vertical = arena.allocate(32);
    this.blended = arena.allocate(32 * 32);
    this.palette = arena.allocate(32 * 4);
    const bytes = arena.u8(this.palette, 32 * 4).fill(0);
    for (let i = 0; i < palette.length; i++) bytes[Math.floor(i / 3) * 4 + (i % 3)] = palette[i];
    this.cells = printCells(geometry, context);
  }

  /** Paints one print row. @param out RGB; the byte behind the row is overwritten too */
  row(y: number, out: Address): void {
    const { arena, kernels } = this.context;
    const { cell, t } = splineCell(y, this.geometry.workingPerPxY);
    const slots = [-1, 0, 1, 2].map((tap) => this.keep(cell + tap));
    const ratio = this.geometry.workingPerPxY;
    arena.f32(this.vertical, 8).set([...splineWeights(t), ...splineSlopes(t).map((slope) => slope * ratio)]);
    const rowBytes = this.stride * 4;
    kernels.labelRow(
      ...slots.map((slot) => this.members + slot * rowBytes * this.field.k),
      ...slots.map((slot) => this.masks + slot * rowBytes),
      ...[this.stride, this.vertical, this.cells.at, this.cells.count, this.upscaler.weights, this.upscaler.slopes],
      // Memberships change by less than one per working pixel, which bounds where a ramp of one print pixel can reach.
      ...[this.palette, this.blended, this.options.antialias ? this.geometry.workingPerPxX : -1, out],
    );
  }

  /** Makes sure a working row is at hand. @returns its place among the kept ones */
  private keep(row: number): number {
    const { field, kept, stride } = this;
    const inside = Math.min(field.height - 1, Math.max(0, row));
    const slot = inside % KEPT_ROWS;
    if (kept[slot] !== inside) {
      kept[slot] = inside;
      this.context.kernels.memberRow(
        ...[field.at, field.width, field.height, inside, this.kernel, this.radius, field.k, stride],
        ...[this.members + slot * stride * 4 * field.k, this.masks + slot * stride * 4, this.scratch],
      );
    }
    return slot;
  }
}
