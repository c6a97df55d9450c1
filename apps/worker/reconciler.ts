import { Inject, Injectable } from '@nestjs/common';
import { Leadership, type QueuedRender, RenderQueue, RenderStore } from '#core';
import { LOGGER, type Logger } from '#observability';

export const RECONCILER_OPTIONS = Symbol('options of the reconciler');

export interface ReconcilerOptions {
  readonly periodMs: number;
  /** A queued render that nothing has touched for so long is looked after. */
  readonly quietMs: number;
  /** Workers a render may lose before it is failed. */
  readonly maxLost: number;
}

const BATCH = 500;

/**
 * Makes the queue agree with the rows, which are the truth: renders whose worker was lost go back, queued renders
 * without a job get one. One process of a deployment does it at a time. It heals an emptied queue.
 */
@Injectable()
export class Reconciler {
  private timer?: NodeJS.Timeout;
  private running = Promise.resolve();
  private stopped = false;

  constructor(
    private readonly renders: RenderStore,
    private readonly queue: RenderQueue,
    private readonly leadership: Leadership,
    @Inject(RECONCILER_OPTIONS) private readonly options: ReconcilerOptions,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  start(): void {
    this.schedule();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.running;
  }

  /** One round, if no other process is at it. */
  async reconcile(): Promise<void> {
    await this.leadership.tryRun('reconcile', async () => {
      for (const { id, status } of await this.renders.reclaim(this.options.maxLost)) {
        this.logger.warn({ render_id: id, status }, 'The worker of a render was lost');
      }
      for (const queued of await this.renders.listQuietQueued(this.options.quietMs, BATCH)) {
        if (this.stopped) return;
        await this.requeue(queued);
      }
    });
  }

  private schedule(): void {
    if (this.stopped) return;
    this.timer = setTimeout(() => {
      this.running = this.reconcile()
        .catch((error: unknown) => {
          this.logger.warn({ err: error }, 'The queue could not be reconciled; it will be tried again');
        })
        .then(() => this.schedule());
    }, this.options.periodMs);
  }

  private async requeue({ job, queueJobId }: QueuedRender): Promise<void> {
    if (queueJobId !== null && (await this.queue.holds(queueJobId))) return;
    const generation = await this.renders.nextGeneration(job.renderId);
    if (generation === null) return;
    const newJobId = await this.queue.enqueue(job, generation);
    await this.renders.recordQueueJob(job.renderId, newJobId);
    this.logger.info({ render_id: job.renderId, queue_job_id: newJobId }, 'Render queued again');
  }
}
