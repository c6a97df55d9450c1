import { Logger } from '@nestjs/common';
import type { QueueConfig } from '#config';
import { DependencyError, MANY_TRIES, type QueueCounts, type RenderJob, RenderQueue } from '#core';
import { Queue } from 'bullmq';
import { openBackend, QUEUE_NAME, type QueueBackend } from './backend.js';

const KEEP_COMPLETED_SECONDS = 24 * 3600;
/** A client waits for the answer: better a quick refusal than a late success. */
const ANSWER_WITHIN_MS = 2_000;
const KEEP_FAILED_SECONDS = 7 * 24 * 3600;

const ALIVE: ReadonlySet<string> = new Set(['waiting', 'active', 'delayed', 'prioritized', 'waiting-children']);

/** Puts renders on the BullMQ queue `renders`, on Redis or on PostgreSQL. */
export class BullMqRenderQueue extends RenderQueue {
  private readonly logger = new Logger('queue');
  private readonly backend: QueueBackend;
  private readonly queue: Queue<RenderJob, void, string>;

  constructor(config: QueueConfig) {
    super();
    this.backend = openBackend(config, 'producer');
    this.queue = new Queue<RenderJob, void, string>(
      QUEUE_NAME,
      {
        connection: this.backend.connection,
        defaultJobOptions: {
          // The error of a try decides whether there is another; the consumer knows the pauses.
          attempts: MANY_TRIES,
          backoff: { type: 'custom' },
          removeOnComplete: { age: KEEP_COMPLETED_SECONDS },
          removeOnFail: { age: KEEP_FAILED_SECONDS },
        },
      },
      this.backend.factory,
    );
    this.queue.on('error', (error) => this.logger.warn(`Queue connection: ${error.message}`));
  }

  async enqueue(job: RenderJob, generation: number): Promise<string> {
    const { renderId, assetId, styleId, sizePresetId } = job;
    const added = await this.guard(() =>
      this.queue.add('render', { renderId, assetId, styleId, sizePresetId }, { jobId: `${renderId}-${generation}` }),
    );
    return added.id!;
  }

  async holds(queueJobId: string): Promise<boolean> {
    const state = await this.guard(() => this.queue.getJobState(queueJobId));
    return ALIVE.has(state);
  }

  async counts(): Promise<QueueCounts> {
    const counts = await this.guard(() =>
      this.queue.getJobCounts('waiting', 'prioritized', 'active', 'delayed', 'failed'),
    );
    const { waiting = 0, prioritized = 0, active = 0, delayed = 0, failed = 0 } = counts;
    return { waiting: waiting + prioritized, active, delayed, failed };
  }

  async ping(): Promise<void> {
    await this.guard(() => this.queue.getJobCounts('waiting'));
  }

  async close(): Promise<void> {
    await this.queue.close();
    await this.backend.close();
  }

  private async guard<T>(operation: () => Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error('The queue did not answer in time')), ANSWER_WITHIN_MS);
    });
    try {
      return await Promise.race([operation(), late]);
    } catch (error) {
      throw new DependencyError('queue_unavailable', 'Render queue is unavailable', { cause: error });
    } finally {
      clearTimeout(timer);
    }
  }
}
