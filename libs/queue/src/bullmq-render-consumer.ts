import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import type { QueueConfig } from '#config';
import {
  DependencyError,
  OutageLog,
  RenderConsumer,
  RenderError,
  type RenderJob,
  type RenderJobHandler,
  toPopRenderError,
} from '#core';
import { type Job, UnrecoverableError, WaitingError, Worker } from 'bullmq';
import { openBackend, QUEUE_NAME, type QueueBackend } from './backend.js';

/** A restart or a killed worker puts a job back; the row, not the queue, knows when a render has lost too many. */
const MAX_STALLED = 1000;
const LONGEST_RETRY_MS = 5 * 60_000;
const CLAIM_LOST = 'Claim on the job was lost';
const STOPPING = 'The worker stops';
/** For the queue's server to be told that this worker goes, or does not finish a job. */
const SERVER_MS = 3_000;

/** Takes renders from the BullMQ queue. A dead worker's job comes back once its lock has run out. */
export class BullMqRenderConsumer extends RenderConsumer {
  private readonly logger = new Logger('queue');
  private readonly faults = new OutageLog(this.logger, 'The render queue');
  private readonly running = new Set<Promise<void>>();
  private readonly backend: QueueBackend;
  private readonly worker: Worker<RenderJob>;
  private handler: RenderJobHandler;
  private drained?: Promise<void>;

  /** @param name what the queue calls this worker */
  constructor(config: QueueConfig, concurrency: number, name?: string) {
    super();
    this.backend = openBackend(config, 'consumer');
    this.worker = new Worker<RenderJob>(
      QUEUE_NAME,
      (job, token, signal) => this.track(this.process(job, token, signal!)),
      {
        connection: this.backend.connection,
        // As the logs call it: kept with each job, and told by the queue of its connected workers.
        name,
        autorun: false,
        concurrency,
        lockDuration: config.lockSeconds * 1000,
        stalledInterval: config.lockSeconds * 1000,
        maxStalledCount: MAX_STALLED,
        settings: { backoffStrategy: (tries) => retryPause(config.retrySeconds * 1000, tries) },
      },
      this.backend.factory,
    );
    this.worker.on('error', (error) => this.faults.failed(error));
    for (const event of ['ready', 'active'] as const) this.worker.on(event, () => this.faults.recovered());
    this.worker.on('stalled', (jobId) => this.logger.warn(`Job ${jobId} was put back: its worker stopped`));
    this.worker.on('lockRenewalFailed', (jobIds) => {
      for (const jobId of jobIds) this.worker.cancelJob(jobId, CLAIM_LOST);
    });
  }

  async start(handler: RenderJobHandler): Promise<void> {
    this.handler = handler;
    void this.worker.run().catch((error: Error) => this.logger.error(`Queue worker ended: ${error.message}`));
  }

  drain(graceMs: number): Promise<void> {
    this.drained ??= this.finish(graceMs);
    return this.drained;
  }

  async ping(): Promise<void> {
    if (!this.worker.isRunning() || this.worker.isPaused()) {
      throw new DependencyError('queue_unavailable', 'Queue worker is not running');
    }
  }

  private async finish(graceMs: number): Promise<void> {
    const closed = this.worker.close().then(() => this.backend.close());
    closed.catch((error: Error) => this.logger.debug(`Queue worker: ${error.message}`));
    const deadline = setTimeout(() => this.worker.cancelAllJobs(STOPPING), graceMs);
    while (this.running.size > 0) await Promise.allSettled(this.running);
    clearTimeout(deadline);
    // BullMQ waits for a server that is away; there is nothing left that it could be told.
    await Promise.race([closed, sleep(SERVER_MS, undefined, { ref: false })]);
  }

  private track(work: Promise<void>): Promise<void> {
    this.running.add(work);
    const forget = (): void => void this.running.delete(work);
    work.then(forget, forget);
    return work;
  }

  private async process(job: Job<RenderJob>, token: string | undefined, signal: AbortSignal): Promise<void> {
    const number = job.attemptsMade + 1;
    try {
      await this.handler(job.data, { number, signal: asRenderError(signal) });
    } catch (thrown) {
      if (signal.aborted) throw await this.backToWaiting(job, token);
      const error = toPopRenderError(thrown);
      throw error.isRetryable(number) ? error : new UnrecoverableError(error.message);
    }
  }

  /** What was taken away from this worker, not what went wrong, counts as no try. */
  private async backToWaiting(job: Job<RenderJob>, token?: string): Promise<Error> {
    // A claim that was lost leaves nothing to give back.
    const given = job.moveToWait(token).catch((error: Error) => this.logger.debug(`Job ${job.id}: ${error.message}`));
    // Of a server that does not answer the claim runs out by itself.
    await Promise.race([given, sleep(SERVER_MS, undefined, { ref: false })]);
    return new WaitingError();
  }
}

/** Doubles with each try; spread, so that renders that failed together do not come back together. */
function retryPause(baseMs: number, tries: number): number {
  const longest = Math.min(LONGEST_RETRY_MS, baseMs * 2 ** (tries - 1));
  return Math.round(longest / 2 + (Math.random() * longest) / 2);
}

function asRenderError(signal: AbortSignal): AbortSignal {
  const controller = new AbortController();
  const abort = (): void => controller.abort(new RenderError('render_aborted', String(signal.reason)));
  if (signal.aborted) abort();
  else signal.addEventListener('abort', abort, { once: true });
  return controller.signal;
}
