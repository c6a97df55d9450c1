import { type RenderStore, RenderError } from '#core';
import type { Logger } from '#observability';

const INTERVAL_MS = 1000;

/** Writes the progress of one render to its row now and then, and learns there when the render is wanted no more. */
export class ProgressRecorder {
  private readonly unwanted = new AbortController();
  private readonly timer: NodeJS.Timeout;
  private percent = 0;
  private writing = Promise.resolve();

  constructor(
    private readonly renderId: string,
    private readonly renders: RenderStore,
    private readonly logger: Logger,
    intervalMs = INTERVAL_MS,
  ) {
    this.timer = setInterval(() => {
      this.writing = this.write();
    }, intervalMs);
  }

  /** Fires when the row is under way no more: cancelled, or another worker's. */
  get signal(): AbortSignal {
    return this.unwanted.signal;
  }

  /** @param fraction 0..1 */
  report(fraction: number): void {
    // The last percent is the upload's.
    this.percent = Math.min(99, Math.floor(fraction * 100));
  }

  /** Writes no more; resolves when the last write has ended. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.writing;
  }

  private async write(): Promise<void> {
    try {
      if (await this.renders.recordProgress(this.renderId, this.percent)) return;
      clearInterval(this.timer);
      this.unwanted.abort(new RenderError('render_aborted', 'Render is wanted no more'));
    } catch (error) {
      this.logger.warn({ err: error, render_id: this.renderId }, 'Progress could not be recorded');
    }
  }
}
