import { Logger } from '@nestjs/common';
import type { QueueConfig } from '#config';
import { DependencyError, RenderConsumer, type RenderJob, type RenderJobHandler, toPopRenderError } from '#core';
import { type Job, UnrecoverableError, Worker } from 'bullmq';
import { openBackend, QUEUE_NAME, type QueueBackend } from './backend.js';

/** A restart or a killed worker puts a job back; only a job that does so again and again is given up. */
const MAX_STALLED = 10;

/** Takes renders from the BullMQ queue. A dead worker's job comes back once its lock has run out. */
export class BullMqRenderConsumer extends RenderConsumer {
  private readonly logger = new Logger('queue');
  private readonly backend: QueueBackend;
  private readonly worker: Worker<RenderJob>;
  private handler: RenderJobHandler;
  private drained?: Promise<void>;

  constructor(config: QueueConfig, concurrency: number) {
    super();
    this.backend = openBackend(config, 'consumer');
    this.worker = new Worker<RenderJob>(
      QUEUE_NAME,
      (job, _token, signal) => this.process(job, signal),
      {
        connection: this.backend.connection,
        autorun: false,
        concurrency,
        lockDuration: config.lockSeconds * 1000,
        stalledInterval: config.lockSeconds * 1000,
        maxStalledCount: MAX_STALLED,
      },
      this.backend.factory,
    );
    this.worker.on('error', (error) => this.logger.warn(`Queue connection: ${error.message}`));
    this.worker.on('stalled', (jobId) => this.logger.warn(`Job ${jobId} was put back: its worker stopped`));
    this.worker.on('lockRenewalFailed', (jobIds) => {
      for (const jobId of jobIds) this.worker.cancelJob(jobId, 'Claim on the job was lost');
    });
  }

  async start(handler: RenderJobHandler): Promise<void> {
    this.handler = handler;
    void this.worker.run().catch((error: Error) => this.logger.error(`Queue worker ended: ${error.message}`));
  }

  drain(): Promise<void> {
    this.drained ??= this.worker.close().then(() => this.backend.close());
    return this.drained;
  }

  async ping(): Promise<void> {
    if (!this.worker.isRunning() || this.worker.isPaused()) {
      throw new DependencyError('queue_unavailable', 'Queue worker is not running');
    }
  }

  private async process(job: Job<RenderJob>, signal?: AbortSignal): Promise<void> {
    const number = job.attemptsMade + 1;
    try {
      await this.handler(job.data, { number, retryLeft: number < (job.opts.attempts ?? 1), signal });
    } catch (thrown) {
      const error = toPopRenderError(thrown);
      throw error.policy.transient ? error : new UnrecoverableError(error.message);
    }
  }
}
