import { Inject, Injectable } from '@nestjs/common';
import { Leadership, type QueuedRender, RenderQueue, RenderStore } from '#core';
import { eachAtOnce, restoreJob } from '#housekeeping';
import { LOGGER, type Logger, reconcilerMetrics, SERVICE } from '#observability';
import { Telemetry } from '#telemetry';
import { reportLostWorker } from './lost-worker.js';
import { PeriodicTask } from './periodic-task.js';

export const RECONCILER_OPTIONS = Symbol('options of the reconciler');

export interface ReconcilerOptions {
  readonly periodMs: number;
  /** A queued render that nothing has touched for so long is looked after. */
  readonly quietMs: number;
  /** How often the process of a render may die before it is failed. */
  readonly maxLost: number;
}

const PAGE = 500;
/** Questions to the queue that are under way together. */
const AT_ONCE = 20;

/**
 * Makes the queue agree with the rows, which are the truth: renders whose worker was lost go back, queued renders
 * without a job get one. One process of a deployment does it at a time. It heals an emptied queue.
 */
@Injectable()
export class Reconciler {
  private readonly metrics = reconcilerMetrics();
  private readonly task: PeriodicTask;

  constructor(
    private readonly renders: RenderStore,
    private readonly queue: RenderQueue,
    private readonly leadership: Leadership,
    @Inject(RECONCILER_OPTIONS) private readonly options: ReconcilerOptions,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly telemetry: Telemetry,
  ) {
    this.task = new PeriodicTask('reconcile', options.periodMs, () => this.reconcile(), logger);
  }

  start(): void {
    this.task.start();
  }

  stop(): Promise<void> {
    return this.task.stop();
  }

  /** One round, if no other process is at it. */
  async reconcile(): Promise<void> {
    await this.leadership.tryRun('reconcile', async () => {
      for (const lost of await this.renders.reclaim(this.options.maxLost)) {
        reportLostWorker(lost, this.logger, this.telemetry);
      }
      await this.requeueLost();
    });
  }

  private async requeueLost(): Promise<void> {
    let last: string | undefined;
    do {
      const page = await this.renders.listQuietQueued(this.options.quietMs, PAGE, last);
      await eachAtOnce(page, AT_ONCE, (queued) => this.requeue(queued));
      last = page.length === PAGE ? page.at(-1)!.job.renderId : undefined;
    } while (last !== undefined && !this.task.stopping);
  }

  private async requeue(queued: QueuedRender): Promise<void> {
    if (this.task.stopping) return;
    const newJobId = await restoreJob(queued, this.renders, this.queue);
    if (newJobId === null) return;
    this.metrics.reconciled.inc({ action: 'requeued', service: SERVICE });
    const { renderId, requestId } = queued.job;
    const ids = { render_id: renderId, request_id: requestId };
    this.logger.info({ ...ids, queue_job_id: newJobId }, 'Render queued again');
  }
}
