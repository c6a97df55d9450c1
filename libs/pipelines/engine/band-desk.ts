import type { BandEncoder, EncodedBand } from '../print/output-profile.js';
import { findProfile } from '../print/profiles.js';
import type { Painter, PainterModule } from '../style.js';
import type { Address } from './arena.js';
import type { Desk } from './desk.js';
import type { PaintOrder } from './thread-tasks.js';

/** Paints bands of one order in one thread, adds them up for the preview and encodes them. */
export class BandDesk {
  private readonly sheet: Address;
  private readonly picture: Address;
  private readonly columnSums: Address;
  private readonly lineSums: Address;

  private constructor(
    private readonly order: PaintOrder,
    private readonly painter: Painter,
    private readonly encoder: BandEncoder | undefined,
    private readonly desk: Desk,
  ) {
    const { frame, geometry, preview, bandRows } = order;
    this.sheet = desk.arena.allocate(bandRows * frame.widthPx * 3 + 16);
    this.picture = this.fillsSheet ? this.sheet : desk.arena.allocate(bandRows * geometry.widthPx * 3 + 16);
    const lineBytes = (preview?.widthPx ?? 0) * 24;
    this.columnSums = desk.arena.allocate(lineBytes + 16);
    this.lineSums = desk.arena.allocate(lineBytes * (bandRows + 2) + 16);
  }

  static async create(order: PaintOrder, desk: Desk): Promise<BandDesk> {
    const { createPainter } = (await import(`../${order.style}/painter.js`)) as PainterModule;
    const painter = createPainter(order.plan, order.geometry, desk);
    const encoder = order.profile
      ? await findProfile(order.profile).createEncoder({ ...order.frame, bandRows: order.bandRows }, desk)
      : undefined;
    return new BandDesk(order, painter, encoder, desk);
  }

  async produce(y0: number, rows: number): Promise<EncodedBand> {
    if (this.fillsSheet) this.painter.paint(y0, rows, this.sheet);
    else this.paintOnSheet(y0, rows);
    const encoded = await this.encoder?.encode(this.sheet, y0, rows);
    return { ...encoded, preview: this.sumForPreview(y0, rows) };
  }

  private get fillsSheet(): boolean {
    const { frame, geometry } = this.order;
    return frame.widthPx === geometry.widthPx && frame.heightPx === geometry.heightPx;
  }

  /** The picture on its place and the margin around it. */
  private paintOnSheet(y0: number, rows: number): void {
    const { frame, geometry } = this.order;
    const { arena } = this.desk;
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
    const { frame, preview } = this.order;
    if (!preview) return undefined;
    const firstLine = Math.floor((y0 * preview.heightPx) / frame.heightPx);
    const lastLine = Math.floor(((y0 + rows) * preview.heightPx - 1) / frame.heightPx);
    const sums = this.desk.arena.f64(this.lineSums, (lastLine - firstLine + 1) * preview.widthPx * 3);
    sums.fill(0);
    const { widthPx, heightPx } = preview;
    const sheetSize = [frame.widthPx, frame.heightPx];
    this.desk.kernels.addToPreview(
      ...[this.sheet, rows, y0, ...sheetSize, widthPx, heightPx, this.lineSums, firstLine, this.columnSums],
    );
    return { firstLine, sums: sums.slice() };
  }
}
