import type { Address } from '../../engine/arena.js';
import { washFieldsLayout, washPaintLayout, washStripLayout } from '../../engine/kernels.generated.js';
import { ParameterBlock } from '../../engine/parameter-block.js';
import type { ThreadContext } from '../../engine/thread-context.js';
import { Upscaler } from '../../fields/upscaler.js';
import type { PrintGeometry } from '../../geometry.js';
import type { Painter, PainterModule } from '../../style.js';
import type { WatercolorPlan } from './analysis.js';
import { Grain, visibleOctaves, type Octave } from './grain.js';
import type { WatercolorSettings } from './settings.js';

/** Warm white cotton paper. */
const PAPER = { red: 252, green: 250, blue: 243 };
/** Change of light per change of the paper's height across two print pixels. */
const PAPER_RELIEF = 0.03;
/** Tone across which an edge is mixed: less than a print pixel on any edge that shows. */
const EDGE_MIX = 0.004;

/** Rows that a print row and the one above it need. */
interface Strip {
  y: number;
  readonly rows: StripRows;
  /** The same, for the kernels. */
  readonly parameters: ParameterBlock<typeof washStripLayout>;
}

type StripRows = Readonly<Record<keyof typeof washStripLayout, Address>>;

/** The height of the paper. */
function toothOctaves({ pxPerMm, pxPerSheetMm }: PrintGeometry, seed: number): Octave[] {
  // On a large sheet the scaled paper alone would look soft from near.
  const closeUp = Math.min(1, Math.max(0, pxPerMm / pxPerSheetMm - 1));
  return visibleOctaves([
    { px: 1.15 * pxPerMm, amplitude: 0.35, seed: seed * 131 + 1 },
    { px: 0.52 * pxPerMm, amplitude: 0.65, seed: seed * 131 + 2 },
    { px: 0.27 * pxPerMm, amplitude: 0.7, seed: seed * 131 + 3 },
    { px: 0.27 * pxPerSheetMm, amplitude: 0.7 * closeUp, seed: seed * 131 + 4 },
  ]);
}

/** Pigment that flocks together. */
function fleckOctaves({ pxPerMm }: PrintGeometry, seed: number): Octave[] {
  return visibleOctaves([
    { px: 1.9 * pxPerMm, amplitude: 0.7, seed: seed * 131 + 11 },
    { px: 0.36 * pxPerMm, amplitude: 0.6, seed: seed * 131 + 12 },
  ]);
}

/** How the paint lies on the paper. */
function paintParameters(settings: WatercolorSettings, { pxPerMm }: PrintGeometry) {
  const { washes, layering, edgeDarkening, rimWidthMm, turbulence, granulation } = settings;
  return {
    washes,
    layering,
    rimGain: 1.2 * edgeDarkening,
    rimWidth: Math.max(1, 0.35 * rimWidthMm * pxPerMm),
    pools: 0.7 * turbulence,
    granulation: 0.5 * granulation,
    flecks: 0.3 * granulation,
    relief: PAPER_RELIEF,
    dryBrush: 0.026 * washes,
    paperRed: PAPER.red,
    paperGreen: PAPER.green,
    paperBlue: PAPER.blue,
    paperPadding: 0,
  };
}

/** Paints washes on cold-pressed paper. */
class WatercolorPainter implements Painter {
  private readonly upscaler: Upscaler;
  private readonly tooth: Grain;
  private readonly fleck: Grain;
  private readonly fields: ParameterBlock<typeof washFieldsLayout>;
  private readonly paintOnPaper: ParameterBlock<typeof washPaintLayout>;
  private current: Strip;
  private above: Strip;

  constructor(
    private readonly plan: WatercolorPlan,
    private readonly geometry: PrintGeometry,
    private readonly context: ThreadContext,
  ) {
    const { pigment, edges, water, settings } = plan;
    const { arena } = context;
    this.upscaler = new Upscaler(
      {
        ...geometry,
        workingWidth: water.width,
        workingHeight: water.height,
        workingPerPxX: geometry.workingPerPxX / 2,
        workingPerPxY: geometry.workingPerPxY / 2,
      },
      context,
    );
    this.tooth = new Grain(toothOctaves(geometry, settings.seed), geometry.widthPx, context);
    this.fleck = new Grain(fleckOctaves(geometry, settings.seed), geometry.widthPx, context);
    this.fields = new ParameterBlock(arena, washFieldsLayout, {
      pigment: pigment.at,
      edges: edges.at,
      width: pigment.width,
      height: pigment.height,
      ratioX: geometry.workingPerPxX,
      wobble: settings.wobbleMm * geometry.workingPerMm,
      rough: 0.13 * geometry.workingPerMm,
      blur: EDGE_MIX,
      n: geometry.widthPx,
    });
    this.paintOnPaper = new ParameterBlock(arena, washPaintLayout, paintParameters(settings, geometry));
    this.current = this.newStrip();
    this.above = this.newStrip();
  }

  paint(y0: number, rows: number, out: Address): void {
    const { widthPx } = this.geometry;
    for (let y = y0; y < y0 + rows; y++) {
      this.prepare(y - 1);
      this.prepare(y);
      const strips = [this.current.parameters.at, this.above.parameters.at] as const;
      this.context.kernels.washPaint(this.paintOnPaper.at, ...strips, out + (y - y0) * widthPx * 3, widthPx);
    }
  }

  /** Makes a row the current one and what was current the one above. */
  private prepare(y: number): void {
    if (this.current.y === y || this.above.y === y) return;
    const { plan, geometry, context } = this;
    const strip = this.above;
    this.above = this.current;
    this.current = strip;
    strip.y = y;
    this.upscaler.texelRow(plan.water, y, strip.rows.water);
    this.tooth.row(y, strip.rows.tooth);
    this.fleck.row(y, strip.rows.fleck);
    const workingY = (y + 0.5) * geometry.workingPerPxY - 0.5;
    context.kernels.washColors(this.fields.at, strip.parameters.at, workingY);
    for (const row of [strip.rows.tones, strip.rows.tooth]) this.repeatEnds(row);
  }

  private repeatEnds(row: Address): void {
    const { widthPx } = this.geometry;
    const values = this.context.arena.f32(row - 4, widthPx + 2);
    values[0] = values[1];
    values[widthPx + 1] = values[widthPx];
  }

  private newStrip(): Strip {
    const { arena } = this.context;
    const { widthPx } = this.geometry;
    // One value in front of a row and some behind, for neighbors and for steps of four.
    const floats = (): Address => arena.allocate((widthPx + 12) * 4) + 16;
    const texels = (): Address => arena.allocate((widthPx + 4) * 16);
    const rows = {
      water: texels(),
      colors: texels(),
      tones: floats(),
      rims: floats(),
      tooth: floats(),
      fleck: floats(),
    };
    return { y: NaN, rows, parameters: new ParameterBlock(arena, washStripLayout, rows) };
  }
}

export const createPainter: PainterModule<WatercolorPlan>['createPainter'] = (plan, geometry, context) =>
  new WatercolorPainter(plan, geometry, context);
