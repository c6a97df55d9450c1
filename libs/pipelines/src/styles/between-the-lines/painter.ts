import type { Address } from '../../engine/arena.js';
import { hatchRowLayout, waveRowLayout } from '../../engine/kernels.generated.js';
import { ParameterBlock } from '../../engine/parameter-block.js';
import type { ThreadContext } from '../../engine/thread-context.js';
import { printCells } from '../../fields/cells.js';
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
  private readonly shade: Address;
  private readonly shadeGradient: Address;
  private readonly contour: Address;
  private readonly contourGradient: Address;
  private readonly parameters: ParameterBlock<typeof waveRowLayout | typeof hatchRowLayout>;

  constructor(
    private readonly plan: LinePlan,
    private readonly geometry: PrintGeometry,
    private readonly context: ThreadContext,
  ) {
    const { arena } = context;
    this.upscaler = new Upscaler(geometry, context);
    [this.shade, this.shadeGradient, this.contour, this.contourGradient] = Array.from({ length: 4 }, () =>
      arena.allocate((geometry.workingWidth + 2 * AXIS_PADDING + 5) * 4),
    );
    this.parameters = plan.isWave ? this.waveParameters() : this.hatchParameters();
  }

  paint(y0: number, rows: number, out: Address): void {
    for (let row = 0; row < rows; row++) {
      const y = y0 + row;
      const to = out + row * this.geometry.widthPx * 3;
      this.upscaler.gather(this.plan.shade, y, this.shade);
      if (this.plan.contour) {
        this.upscaler.gather(this.plan.contour, y, this.contour);
        this.upscaler.gatherGradient(this.plan.contour, y, this.contourGradient);
      }
      if (this.plan.isWave) this.wave(y, to);
      else this.hatch(y, to);
    }
  }

  private wave(y: number, out: Address): void {
    this.upscaler.gatherGradient(this.plan.shade, y, this.shadeGradient);
    this.context.kernels.waveRow(this.parameters.at, out);
  }

  private hatch(y: number, out: Address): void {
    const { step, pitch, cos } = this.hatching;
    const first = ((y + 0.5) * cos) / pitch + 0.5 * step;
    this.context.kernels.hatchRow(this.parameters.at, first - Math.round(first), out);
  }

  private waveParameters(): ParameterBlock<typeof waveRowLayout> {
    const ratio = this.geometry.workingPerPxX;
    const steepest = Math.PI / carrierPitch(this.plan.settings, this.geometry) + STEEPEST_TONE / 2;
    return new ParameterBlock(this.context.arena, waveRowLayout, {
      ...this.commonParameters(),
      shade: this.shade,
      shadeGradient: this.shadeGradient,
      margin: steepest * ratio,
      leastSlope: FLAT_EXCESS * ratio,
    });
  }

  private hatchParameters(): ParameterBlock<typeof hatchRowLayout> {
    const { step, pitch } = this.hatching;
    return new ParameterBlock(this.context.arena, hatchRowLayout, {
      ...this.commonParameters(),
      share: this.shade,
      phaseStep: step,
      pitch,
      // Lines too fine for the print give way to their mean tone.
      plain: Math.min(1, Math.max(0, (3.5 - pitch) / 2)),
      least: LEAST_SHARE,
      most: MOST_SHARE,
      bare: BARE_SHARE,
      solid: SOLID_SHARE,
    });
  }

  private get hatching(): { readonly pitch: number; readonly step: number; readonly cos: number } {
    const { angleDeg, pitchMm } = this.plan.settings;
    const { sin, cos } = detSinCos(angleDeg);
    const pitch = pitchMm * this.geometry.pxPerMm;
    return { pitch, step: -sin / pitch, cos };
  }

  private commonParameters() {
    const { plan, geometry, context } = this;
    const { widthPx, workingPerPxX } = geometry;
    const cells = printCells(geometry, context);
    const places = Array.from({ length: widthPx + 4 }, (_, x) => splineCell(x, workingPerPxX).t);
    return {
      contour: plan.contour ? this.contour : 0,
      contourGradient: plan.contour ? this.contourGradient : 0,
      cells: cells.at,
      cellCount: cells.count,
      places: context.arena.storeF32(places),
      ratio: workingPerPxX,
      threshold: plan.threshold,
      // Slope of the response below which it counts as flat.
      leastGradient: plan.threshold * FLAT_CONTOUR * workingPerPxX,
      paper: this.rowOf(plan.settings.paperColor),
      ink: this.rowOf(plan.settings.inkColor),
    };
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

/** Wave length in working pixels. Below four a wave could not be distinguished from its neighbors. */
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
