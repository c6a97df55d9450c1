import type { QueueConfig, TimeLimits } from '#config';
import { DependencyError, type OutageLogger, MAX_ATTEMPTS_TRANSIENT, type RenderJob } from '#core';
import { Queue } from 'bullmq';
import { openBackend, type ProducerBackend, QUEUE_NAME } from './backend.js';
import type { JobReader } from './job-reader.js';

const KEEP_COMPLETED_SECONDS = 24 * 3600;
const KEEP_FAILED_SECONDS = 7 * 24 * 3600;

export type OpenQueue = Queue<RenderJob, void, string>;

/** BullMQ's queue of renders, whose server may be away: then whatever is asked of it fails fast. */
export class FailFastQueue {
  private readonly backend: ProducerBackend;
  private opened?: Promise<OpenQueue>;

  constructor(
    config: QueueConfig,
    private readonly limits: TimeLimits,
    logger?: OutageLogger,
  ) {
    this.backend = openBackend(config, 'producer', limits, logger);
  }

  /** @throws DependencyError `queue_unavailable` when the server is away or does not answer in time */
  run<T>(operation: (queue: OpenQueue) => Promise<T>): Promise<T> {
    return this.inTime(() => this.work(operation));
  }

  /** Reads jobs without BullMQ. @throws DependencyError as {@link run} */
  read<T>(operation: (jobs: JobReader) => Promise<T>): Promise<T> {
    return this.inTime(async () => {
      await this.backend.connected();
      return operation(this.backend.jobs);
    });
  }

  private async inTime<T>(work: () => Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error('The queue did not answer in time')), this.limits.idleTimeoutMs);
    });
    try {
      return await Promise.race([work(), late]);
    } catch (error) {
      if (error instanceof DependencyError) throw error;
      throw new DependencyError('queue_unavailable', 'Render queue is unavailable', { cause: error });
    } finally {
      clearTimeout(timer);
    }
  }

  /** @throws DependencyError when the server is not fit to hold the queue */
  ping(): Promise<void> {
    return this.run(async () => {
      await this.backend.check();
      await this.backend.jobs.counts();
    });
  }

  async close(): Promise<void> {
    // First the connection: a queue that is being made waits for it.
    await this.backend.close();
    const queue = await this.opened?.catch(() => undefined);
    await queue?.close();
  }

  private async work<T>(operation: (queue: OpenQueue) => Promise<T>): Promise<T> {
    const queue = await this.open();
    await this.backend.connected();
    return operation(queue);
  }

  /** BullMQ's queue, made when its server is there: one that found it away at its making would fail for ever. */
  private open(): Promise<OpenQueue> {
    this.opened ??= this.make().catch((error: unknown) => {
      this.opened = undefined;
      throw error;
    });
    return this.opened;
  }

  private async make(): Promise<OpenQueue> {
    await this.backend.connected();
    const { connection, factory } = this.backend;
    const queue: OpenQueue = new Queue<RenderJob, void, string>(
      QUEUE_NAME,
      {
        connection,
        defaultJobOptions: {
          // The error of a try decides whether there is another; the consumer knows the pauses.
          attempts: MAX_ATTEMPTS_TRANSIENT,
          backoff: { type: 'custom' },
          removeOnComplete: { age: KEEP_COMPLETED_SECONDS },
          removeOnFail: { age: KEEP_FAILED_SECONDS },
        },
      },
      factory,
    );
    queue.on('error', () => undefined); // Whoever asked is told, and the connection tells of its own faults.
    try {
      await queue.waitUntilReady();
      return queue;
    } catch (error) {
      await queue.close().catch(() => undefined);
      throw error;
    }
  }
}
