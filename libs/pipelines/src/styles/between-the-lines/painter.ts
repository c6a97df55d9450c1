import type { Address } from '../../engine/arena.js';
import type { ThreadContext } from '../../engine/thread-context.js';
import { printCells, type Cells } from '../../fields/cells.js';
import { rgbOfHex } from '../../fields/color.js';
import { detSinCos } from '../../fields/deterministic-math.js';
import type { Plane } from '../../fields/field.js';
import { AXIS_PADDING, splineCell, Upscaler } from '../../fields/upscaler.js';
import type { PrintGeometry } from '../../geometry.js';
import type { Painter, PainterModule } from '../../style.js';
import type { BetweenTheLinesSettings } from './settings.js';
import { BARE_SHARE, LEAST_SHARE, MOST_SHARE, SOLID_SHARE } from './tone.js';

/** What the painting threads need of a drawing. */
export interface LinePlan {
  /** Excess of the wave over its bound; for straight lines, whose wave is made at print size, the share of ink. */
  readonly shade: Plane;
  readonly isWave: boolean;
  /** Contour response, not thresholded; undefined for none. */
  readonly contour?: Plane;
  /** Response from which on there is a contour. */
  readonly threshold: number;
  readonly settings: BetweenTheLinesSettings;
}

/** Steepest change of tone counted with, in units of the wave per working pixel. */
const STEEPEST_TONE = 0.75;
/** Slope of the excess per working pixel below which it counts as flat. */
const FLAT_EXCESS = 0.3;
/** Share of the contour's threshold per working pixel below which its response counts as flat. */
const FLAT_CONTOUR = 0.25;

/** Draws ink where the wave exceeds the bound that the tone sets, and on the contours. */
class LinePainter implements Painter {
  private readonly upscaler: Upscaler;
  private readonly cells: Cells;
  private readonly places: Address;
  private readonly shade: Address;
  private readonly shadeRise: Address;
  private readonly contour: Address;
  private readonly contourRise: Address;
  private readonly paper: Address;
  private readonly ink: Address;

  constructor(
    private readonly plan: LinePlan,
    private readonly geometry: PrintGeometry,
    private readonly context: ThreadContext,
  ) {
    const { arena } = context;
    const { widthPx, workingPerPxX, workingWidth } = geometry;
    this.upscaler = new Upscaler(geometry, context);
    this.cells = printCells(geometry, context);
    this.places = arena.storeF32(Array.from({ length: widthPx + 4 }, (_, x) => splineCell(x, workingPerPxX).t));
    [this.shade, this.shadeRise, this.contour, this.contourRise] = Array.from({ length: 4 }, () =>
      arena.allocate((workingWidth + 2 * AXIS_PADDING + 5) * 4),
    );
    this.paper = this.rowOf(plan.settings.paperColor);
    this.ink = this.rowOf(plan.settings.inkColor);
  }

  paint(y0: number, rows: number, out: Address): void {
    for (let row = 0; row < rows; row++) {
      const to = out + row * this.geometry.widthPx * 3;
      this.upscaler.gather(this.plan.shade, y0 + row, this.shade);
      if (this.plan.contour) {
        this.upscaler.gather(this.plan.contour, y0 + row, this.contour);
        this.upscaler.gatherGradient(this.plan.contour, y0 + row, this.contourRise);
      }
      if (this.plan.isWave) this.wave(y0 + row, to);
      else this.hatch(y0 + row, to);
    }
  }

  private wave(y: number, out: Address): void {
    const ratio = this.geometry.workingPerPxX;
    this.upscaler.gatherGradient(this.plan.shade, y, this.shadeRise);
    const steepest = Math.PI / carrierPitch(this.plan.settings, this.geometry) + STEEPEST_TONE / 2;
    this.context.kernels.waveRow(
      ...[this.shade, this.shadeRise, ...this.contourRows, this.cells.at, this.cells.count, this.places, ratio],
      ...[steepest * ratio, FLAT_EXCESS * ratio, ...this.contourLimits, this.paper, this.ink, out],
    );
  }

  private hatch(y: number, out: Address): void {
    const { pxPerMm, workingPerPxX } = this.geometry;
    const { angleDeg, pitchMm } = this.plan.settings;
    const { sin, cos } = detSinCos(angleDeg);
    const pitch = pitchMm * pxPerMm;
    const step = -sin / pitch;
    const first = ((y + 0.5) * cos) / pitch + 0.5 * step;
    // Lines too fine for the print give way to their mean tone.
    const plain = Math.min(1, Math.max(0, (3.5 - pitch) / 2));
    this.context.kernels.hatchRow(
      ...[this.shade, ...this.contourRows, this.cells.at, this.cells.count, this.places, workingPerPxX],
      ...[first - Math.round(first), step, pitch, plain, LEAST_SHARE, MOST_SHARE, BARE_SHARE, SOLID_SHARE],
      ...[...this.contourLimits, this.paper, this.ink, out],
    );
  }

  private get contourRows(): [Address, Address] {
    return this.plan.contour ? [this.contour, this.contourRise] : [0, 0];
  }

  /** Threshold of the response, and its slope below which it counts as flat. */
  private get contourLimits(): [number, number] {
    const { threshold } = this.plan;
    return [threshold, threshold * FLAT_CONTOUR * this.geometry.workingPerPxX];
  }

  private rowOf(color: string): Address {
    const { widthPx } = this.geometry;
    const at = this.context.arena.allocate(widthPx * 3);
    const rgb = rgbOfHex(color);
    this.context.arena.u8(at, widthPx * 3).forEach((_, i, row) => (row[i] = rgb[i % 3]));
    return at;
  }
}

export const LEAST_CARRIER_PITCH = 4;

/** Wave length in working pixels. Below four a wave could not be told from its neighbours. */
export function carrierPitch({ pitchMm }: BetweenTheLinesSettings, { workingPerMm }: PrintGeometry): number {
  return Math.max(LEAST_CARRIER_PITCH, pitchMm * workingPerMm);
}

/** Makes up for what a cubic B-spline takes from a wave of the given length in samples: the fourth power of sinc. */
export function waveGain(length: number): number {
  const x = 3.141592653589793 / length;
  const x2 = x * x;
  const sinc = 1 - (x2 / 6) * (1 - (x2 / 20) * (1 - x2 / 42));
  return 1 / (sinc * sinc * sinc * sinc);
}

export const createPainter: PainterModule<LinePlan>['createPainter'] = (plan, geometry, context) =>
  new LinePainter(plan, geometry, context);
