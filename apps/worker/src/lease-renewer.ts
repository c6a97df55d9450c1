import { RenderError } from '#core';
import type { Logger } from '#observability';
import type { RenderLease, RenderRepository } from '#persistence';

/** Renewals within the duration of a lease; at least one a second, because they store the progress. */
const RENEWALS_PER_LEASE = 3;
const MAX_INTERVAL_MS = 1000;

/** Renews a worker's lease on one render, stores its progress, and aborts when the lease is lost. */
export class LeaseRenewer {
  private readonly lost = new AbortController();
  private readonly timer: NodeJS.Timeout;
  private percent = 0;
  private writing = Promise.resolve();
  private isWriting = false;

  constructor(
    private readonly lease: RenderLease,
    private readonly leaseMs: number,
    private readonly renders: RenderRepository,
    private readonly logger: Logger,
  ) {
    const interval = Math.min(MAX_INTERVAL_MS, leaseMs / RENEWALS_PER_LEASE);
    this.timer = setInterval(() => {
      // While a database hangs, renewals that waited for one another would hold up the end of the attempt.
      if (!this.isWriting) this.writing = this.renew();
    }, interval);
  }

  /** Aborted when another worker has the render, or it was canceled. */
  get signal(): AbortSignal {
    return this.lost.signal;
  }

  /** @param fraction of the work that is done, 0..1 */
  report(fraction: number): void {
    // The last percent is the upload's.
    this.percent = Math.min(99, Math.floor(fraction * 100));
  }

  /** Stops renewing; resolves when a renewal in progress has ended. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.writing;
  }

  private async renew(): Promise<void> {
    if (this.lost.signal.aborted) return;
    this.isWriting = true;
    try {
      if (await this.renders.renew(this.lease, this.percent, this.leaseMs)) return;
      this.lost.abort(new RenderError('render_aborted', 'The lease on the render was lost'));
    } catch (error) {
      // The database may come back before the lease has run out; if it does not, the result will be refused.
      this.logger.warn({ err: error }, 'The lease on a render could not be renewed');
    } finally {
      this.isWriting = false;
    }
  }
}
