import type { PaintJob } from './engine/thread-tasks.js';
import type { RenderSession } from './engine/render-session.js';
import type { PrintFrame } from './geometry.js';
import type { EncodedBand, OutputProfile, PrintWriter } from './print/output-profile.js';
import type { Preview } from './print/preview.js';

const BAND_ROWS = 128;
const BAND_BYTES = 3_600_000;

/** Where the painted bands go. */
interface Sinks {
  readonly preview?: Preview;
  readonly writer?: PrintWriter;
}

/** Has the threads paint a sheet band by band and passes the bands on in the job of their rows. */
export class BandScheduler {
  private readonly bandRows: number;

  constructor(
    private readonly frame: PrintFrame,
    private readonly profile: OutputProfile | undefined,
    private readonly sinks: Sinks,
    wantedRows = BAND_ROWS,
  ) {
    const strip = profile?.rowsPerStrip(frame) ?? 1;
    const most = Math.min(wantedRows, Math.floor(BAND_BYTES / (frame.widthPx * 3)));
    this.bandRows = Math.min(frame.heightPx, strip * Math.max(1, Math.floor(most / strip)));
  }

  /** @param onBand called with the share that is done, 0..1 */
  async paint(
    work: Pick<PaintJob, 'style' | 'plan' | 'geometry'>,
    session: RenderSession,
    onBand: (done: number) => void = () => undefined,
  ): Promise<void> {
    const { frame, bandRows, sinks } = this;
    const produce = session.startPaint({
      ...work,
      frame,
      bandRows,
      profile: this.profile?.name,
      preview: sinks.preview?.size,
    });
    const ahead: Promise<EncodedBand>[] = [];
    let next = 0;
    const startOne = (): void => {
      if (next >= frame.heightPx) return;
      const band = produce({ y0: next, rows: Math.min(bandRows, frame.heightPx - next) });
      // It is awaited later, when all before it are written.
      band.catch(() => undefined);
      ahead.push(band);
      next += bandRows;
    };
    // Enough that no thread waits for the file, and no more, for every band in hand is memory.
    for (let i = 0; i < session.threads + 2; i++) startOne();
    for (let done = 0; ahead.length > 0;) {
      const band = await ahead.shift()!;
      startOne();
      if (band.preview) sinks.preview!.append(band.preview);
      if (band.bytes) await sinks.writer!.append(band);
      done = Math.min(frame.heightPx, done + bandRows);
      onBand(done / frame.heightPx);
    }
  }
}
