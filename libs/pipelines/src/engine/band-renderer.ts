import type { BandEncoder, EncodedBand } from '../print/output-profile.js';
import { findProfile } from '../print/profiles.js';
import type { Painter } from '../style.js';
import { painters } from '../styles/painters.generated.js';
import type { Address } from './arena.js';
import { previewSumsLayout } from './kernels.generated.js';
import { ParameterBlock } from './parameter-block.js';
import type { ThreadContext } from './thread-context.js';
import type { PaintJob } from './thread-tasks.js';

/** Paints bands of one job in one thread, adds them up for the preview and encodes them. */
export class BandRenderer {
  private readonly sheet: Address;
  private readonly picture: Address;
  private readonly lineSums: Address;
  private readonly previewSums: ParameterBlock<typeof previewSumsLayout>;

  private constructor(
    private readonly job: PaintJob,
    private readonly painter: Painter,
    private readonly encoder: BandEncoder | undefined,
    private readonly context: ThreadContext,
  ) {
    const { frame, geometry, preview, bandRows } = job;
    this.sheet = context.arena.allocate(bandRows * frame.widthPx * 3 + 16);
    this.picture = this.fillsSheet ? this.sheet : context.arena.allocate(bandRows * geometry.widthPx * 3 + 16);
    const lineBytes = (preview?.widthPx ?? 0) * 24;
    const rowSums = context.arena.allocate(lineBytes + 16);
    this.lineSums = context.arena.allocate(lineBytes * (bandRows + 2) + 16);
    this.previewSums = new ParameterBlock(context.arena, previewSumsLayout, {
      rgb: this.sheet,
      printWidth: frame.widthPx,
      printHeight: frame.heightPx,
      width: preview?.widthPx ?? 0,
      height: preview?.heightPx ?? 0,
      lineSums: this.lineSums,
      rowSums,
    });
  }

  static async create(job: PaintJob, context: ThreadContext): Promise<BandRenderer> {
    const { createPainter } = await painters[job.style]();
    // The main thread has the plan from the analysis of the same style.
    const painter = createPainter(job.plan as never, job.geometry, context);
    const encoder = job.profile
      ? await findProfile(job.profile).createEncoder({ ...job.frame, bandRows: job.bandRows }, context)
      : undefined;
    return new BandRenderer(job, painter, encoder, context);
  }

  async render(y0: number, rows: number): Promise<EncodedBand> {
    if (this.fillsSheet) this.painter.paint(y0, rows, this.sheet);
    else this.paintOnSheet(y0, rows);
    const encoded = await this.encoder?.encode(this.sheet, y0, rows);
    return { ...encoded, preview: this.sumForPreview(y0, rows) };
  }

  private get fillsSheet(): boolean {
    const { frame, geometry } = this.job;
    return frame.widthPx === geometry.widthPx && frame.heightPx === geometry.heightPx;
  }

  /** The picture on its place and the margin around it. */
  private paintOnSheet(y0: number, rows: number): void {
    const { frame, geometry } = this.job;
    const { arena } = this.context;
    const sheet = arena.u8(this.sheet, rows * frame.widthPx * 3);
    for (let i = 0; i < sheet.length; i++) sheet[i] = frame.background[i % 3];
    const top = Math.max(y0, frame.topPx);
    const bottom = Math.min(y0 + rows, frame.topPx + geometry.heightPx);
    if (bottom <= top) return;
    this.painter.paint(top - frame.topPx, bottom - top, this.picture);
    const rowBytes = geometry.widthPx * 3;
    for (let y = top; y < bottom; y++) {
      const row = arena.u8(this.picture + (y - top) * rowBytes, rowBytes);
      sheet.set(row, ((y - y0) * frame.widthPx + frame.leftPx) * 3);
    }
  }

  private sumForPreview(y0: number, rows: number): EncodedBand['preview'] {
    const { frame, preview } = this.job;
    if (!preview) return undefined;
    const firstLine = Math.floor((y0 * preview.heightPx) / frame.heightPx);
    const lastLine = Math.floor(((y0 + rows) * preview.heightPx - 1) / frame.heightPx);
    const sums = this.context.arena.f64(this.lineSums, (lastLine - firstLine + 1) * preview.widthPx * 3);
    sums.fill(0);
    this.context.kernels.addToPreview(this.previewSums.at, rows, y0, firstLine);
    return { firstLine, sums: sums.slice() };
  }
}
