import type { Address } from '../engine/arena.js';
import { labelRowsLayout } from '../engine/kernels.generated.js';
import { ParameterBlock } from '../engine/parameter-block.js';
import type { ThreadContext } from '../engine/thread-context.js';
import type { PrintGeometry } from '../geometry.js';
import { printCells } from './cells.js';
import { gaussianKernel } from './gaussian.js';
import type { LabelField } from './label-field.js';
import { AXIS_PADDING, splineCell, splineSlopes, splineWeights, type Upscaler } from './upscaler.js';

export interface LabelPainterOptions {
  /** Gaussian smoothing of the memberships before enlargement, in working pixels; 0 for none. */
  readonly sigma: number;
  /** Whether edge pixels mix the two colors they lie between. */
  readonly antialias: boolean;
}

/** Working rows kept: the four a print row needs. */
const KEPT_ROWS = 4;

/**
 * Enlarges a label field with smooth, sharp borders: each label's membership is interpolated by a cubic B-spline and the
 * strongest one wins, so borders are curves of sub-pixel accuracy rather than stairs.
 */
export class LabelPainter {
  private readonly vertical: Address;
  private readonly parameters: ParameterBlock<typeof labelRowsLayout>;
  /** Which working row each kept one is. */
  private readonly kept = new Int32Array(KEPT_ROWS).fill(-1);

  /** @param palette RGB per label, interleaved */
  constructor(
    private readonly field: LabelField,
    palette: Uint8Array,
    { sigma, antialias }: LabelPainterOptions,
    upscaler: Upscaler,
    private readonly geometry: PrintGeometry,
    private readonly context: ThreadContext,
  ) {
    const { arena } = context;
    const { width, height, k } = field;
    const kernel = sigma > 0 ? gaussianKernel(sigma) : [1];
    const radius = (kernel.length - 1) / 2;
    const stride = width + 2 * AXIS_PADDING + 4;
    const cells = printCells(geometry, context);
    this.vertical = arena.allocate(32);
    this.parameters = new ParameterBlock(arena, labelRowsLayout, {
      labels: field.at,
      width,
      height,
      kernel: arena.storeF32(kernel),
      radius,
      k,
      stride,
      members: arena.allocate(KEPT_ROWS * stride * k * 4),
      masks: arena.allocate(KEPT_ROWS * stride * 4),
      scratch: arena.allocate((stride + 2 * radius) * 4),
      vertical: this.vertical,
      cells: cells.at,
      cellCount: cells.count,
      weights: upscaler.weights,
      slopes: upscaler.slopes,
      palette: storePalette(palette, context),
      blended: arena.allocate(32 * 32),
      // Memberships change by less than one per working pixel, which bounds where a ramp of one print pixel can reach.
      ramp: antialias ? geometry.workingPerPxX : -1,
    });
  }

  /** Paints one print row. @param out RGB; the byte behind the row is overwritten too */
  row(y: number, out: Address): void {
    const { arena, kernels } = this.context;
    const ratio = this.geometry.workingPerPxY;
    const { cell, t } = splineCell(y, ratio);
    arena.f32(this.vertical, 8).set([...splineWeights(t), ...splineSlopes(t).map((slope) => slope * ratio)]);
    const [first, second, third, fourth] = [
      this.keep(cell - 1),
      this.keep(cell),
      this.keep(cell + 1),
      this.keep(cell + 2),
    ];
    kernels.labelRow(this.parameters.at, first, second, third, fourth, out);
  }

  /** Makes sure a working row is at hand. @returns its slot among the kept ones */
  private keep(row: number): number {
    const { field, kept } = this;
    const inside = Math.min(field.height - 1, Math.max(0, row));
    const slot = inside % KEPT_ROWS;
    if (kept[slot] !== inside) {
      kept[slot] = inside;
      this.context.kernels.memberRow(this.parameters.at, inside, slot);
    }
    return slot;
  }
}

/** Four bytes per label: red, green, blue, unused. */
function storePalette(palette: Uint8Array, { arena }: ThreadContext): Address {
  const at = arena.allocate(32 * 4);
  const bytes = arena.u8(at, 32 * 4).fill(0);
  for (let i = 0; i < palette.length; i++) bytes[Math.floor(i / 3) * 4 + (i % 3)] = palette[i];
  return at;
}
