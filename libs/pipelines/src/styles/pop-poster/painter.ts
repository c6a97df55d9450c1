import type { ThreadContext } from '../../engine/thread-context.js';
import { rgbOfHex } from '../../fields/color.js';
import type { Plane } from '../../fields/field.js';
import { InkPainter } from '../../fields/ink-painter.js';
import type { LabelField } from '../../fields/label-field.js';
import { LabelPainter } from '../../fields/label-painter.js';
import { Upscaler } from '../../fields/upscaler.js';
import type { PrintGeometry } from '../../geometry.js';
import type { Painter, PainterModule } from '../../style.js';
import type { PopPosterSettings } from './settings.js';

/** What the painting threads need of a poster. */
export interface PosterPlan {
  readonly labels: LabelField;
  /** RGB per label, interleaved. */
  readonly palette: Uint8Array;
  readonly ink?: Plane;
  readonly settings: PopPosterSettings;
}

class PosterPainter implements Painter {
  private readonly shapes: LabelPainter;
  private readonly ink?: InkPainter;
  private readonly rowBytes: number;

  constructor({ labels, palette, ink, settings }: PosterPlan, geometry: PrintGeometry, context: ThreadContext) {
    const upscaler = new Upscaler(geometry, context);
    const { antialias } = settings;
    const options = { sigma: settings.edgeSmoothing * geometry.workingScale, antialias };
    this.shapes = new LabelPainter(labels, palette, options, upscaler, geometry, context);
    this.rowBytes = geometry.widthPx * 3;
    if (ink === undefined) return;
    const threshold = 0.036 - 0.032 * settings.inkAmount;
    const pen = { threshold, opacity: settings.ink, color: rgbOfHex(settings.inkColor), antialias };
    this.ink = new InkPainter(ink, pen, upscaler, geometry, context);
  }

  paint(y0: number, rows: number, out: number): void {
    for (let row = 0; row < rows; row++) {
      this.shapes.row(y0 + row, out + row * this.rowBytes);
      this.ink?.over(y0 + row, out + row * this.rowBytes);
    }
  }
}

export const createPainter: PainterModule<PosterPlan>['createPainter'] = (plan, geometry, context) =>
  new PosterPainter(plan, geometry, context);
