import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { DependencyError, OutageLog, toPopRenderError } from '#core';
import { type Job, UnrecoverableError, WaitingError, Worker, type WorkerOptions } from 'bullmq';
import { type QueueBackend, QueueServer } from './queue-server.js';

/** A restart or a killed worker requeues a job; the database, not the queue, counts how often a render has crashed. */
const MAX_STALLED = 1000;
const MAX_BACKOFF_MS = 5 * 60_000;
const LOCK_LOST = 'Lock of the job was lost';
const STOPPING = 'The worker stops';
/** Limit for requeueing a job and for closing the connection while the worker stops. */
const SERVER_TIMEOUT_MS = 3_000;

type Process = (job: Job, token: string | undefined, signal: AbortSignal) => Promise<void>;

const logger = new Logger('queue');

/**
 * BullMQ's worker, which `BullModule` constructs for a `@Processor`: with the backend, the locks and the concurrency of
 * the {@link QueueServer} in its `connection` option. The job of a worker that died is requeued when its lock expires.
 */
export class QueueWorker extends Worker {
  private readonly outages = new OutageLog(logger, `The queue ${this.name}`);
  private readonly jobsInProgress: Set<Promise<void>>;
  private readonly queueBackend: QueueBackend;
  private finished?: Promise<void>;

  constructor(queueName: string, process: Process, { connection, ...options }: WorkerOptions) {
    const server = QueueServer.of(connection);
    const backend = server.openConsumer();
    const { lockSeconds, retrySeconds } = server.config;
    const running = new Set<Promise<void>>();
    super(
      queueName,
      (job, token, signal) => track(running, execute(process, job, token, signal!)),
      {
        lockDuration: lockSeconds * 1000,
        stalledInterval: lockSeconds * 1000,
        maxStalledCount: MAX_STALLED,
        settings: { backoffStrategy: (attempts) => backoffMs(retrySeconds * 1000, attempts) },
        ...options,
        ...server.consumers.get(queueName),
        connection: backend.connection,
      },
      backend.factory,
    );
    this.jobsInProgress = running;
    this.queueBackend = backend;
    server.workers.add(this);
    this.on('error', (error) => this.outages.failed(error));
    for (const event of ['ready', 'active'] as const) this.on(event, () => this.outages.recovered());
    this.on('stalled', (jobId) => logger.warn(`Job ${jobId} was requeued: its worker stopped`));
    this.on('lockRenewalFailed', (jobIds) => {
      for (const jobId of jobIds) this.cancelJob(jobId, LOCK_LOST);
    });
  }

  /** @throws DependencyError `queue_unavailable` when it takes no jobs */
  assertRunning(): void {
    if (!this.isRunning() || this.isPaused()) {
      throw new DependencyError('queue_unavailable', 'Queue worker is not running');
    }
  }

  /**
   * Stops taking jobs and resolves when the running ones have ended. Jobs that run longer than `graceMs` are aborted
   * and requeued, which does not count as an attempt. A server that is frozen or unreachable delays it by
   * {@link SERVER_TIMEOUT_MS} at most.
   */
  drain(graceMs: number): Promise<void> {
    this.finished ??= this.finish(graceMs);
    return this.finished;
  }

  /** `BullModule` closes its workers again in `onApplicationShutdown`; BullMQ's own close would wait for a frozen server. */
  override close(): Promise<void> {
    return this.drain(0);
  }

  private async finish(graceMs: number): Promise<void> {
    const closed = super.close().then(() => this.queueBackend.close());
    closed.catch((error: Error) => logger.debug(`Queue worker: ${error.message}`));
    const deadline = setTimeout(() => this.cancelAllJobs(STOPPING), graceMs);
    while (this.jobsInProgress.size > 0) await Promise.allSettled(this.jobsInProgress);
    clearTimeout(deadline);
    await Promise.race([closed, sleep(SERVER_TIMEOUT_MS, undefined, { ref: false })]);
  }
}

function track(running: Set<Promise<void>>, work: Promise<void>): Promise<void> {
  running.add(work);
  const remove = (): void => void running.delete(work);
  work.then(remove, remove);
  return work;
}

/** Runs one attempt. A retryable error leads to another attempt, any other fails the job. */
async function execute(process: Process, job: Job, token: string | undefined, signal: AbortSignal): Promise<void> {
  try {
    await process(job, token, signal);
  } catch (thrown) {
    if (signal.aborted) throw await requeue(job, token);
    const error = toPopRenderError(thrown);
    throw error.isRetryable(job.attemptsMade + 1) ? error : new UnrecoverableError(error.message);
  }
}

/** An aborted attempt does not count. */
async function requeue(job: Job, token?: string): Promise<Error> {
  // A job whose lock was lost is another worker's already.
  const requeued = job.moveToWait(token).catch((error: Error) => logger.debug(`Job ${job.id}: ${error.message}`));
  // When the server does not answer the lock expires.
  await Promise.race([requeued, sleep(SERVER_TIMEOUT_MS, undefined, { ref: false })]);
  return new WaitingError();
}

/** Doubles with each attempt; with jitter, so that jobs that failed together do not return together. */
function backoffMs(baseMs: number, attempts: number): number {
  const longest = Math.min(MAX_BACKOFF_MS, baseMs * 2 ** (attempts - 1));
  return Math.round(longest / 2 + (Math.random() * longest) / 2);
}
