import { API_TIME_LIMITS, type QueueConfig, type TimeLimits } from '#config';
import { type FaultLogger, type QueueCounts, type QueueOperations, type RenderJob, RenderQueue } from '#core';
import { BullMqQueueOperations, countJobs } from './bullmq-queue-operations.js';
import { GuardedQueue, type OpenQueue } from './guarded-queue.js';

const ALIVE: ReadonlySet<string> = new Set(['waiting', 'active', 'delayed', 'prioritized', 'waiting-children']);

/** Puts renders on the BullMQ queue `renders`, on Redis or on PostgreSQL. */
export class BullMqRenderQueue extends RenderQueue {
  /** For who operates the queue, on the same connection. */
  readonly operations: QueueOperations;
  private readonly queue: GuardedQueue;

  constructor(config: QueueConfig, limits: TimeLimits = API_TIME_LIMITS, logger?: FaultLogger) {
    super();
    this.queue = new GuardedQueue(config, limits, logger);
    this.operations = new BullMqQueueOperations(this.queue, config.backend === 'redis' ? config.redis.db : undefined);
  }

  async enqueue(job: RenderJob, generation: number): Promise<string> {
    const { renderId, assetId, styleId, sizePresetId, requestId, traceparent } = job;
    const data = { renderId, assetId, styleId, sizePresetId, requestId, traceparent };
    const added = await this.guard((queue) => queue.add('render', data, { jobId: `${renderId}-${generation}` }));
    return added.id!;
  }

  async holds(queueJobId: string): Promise<boolean> {
    const state = await this.guard((queue) => queue.getJobState(queueJobId));
    return ALIVE.has(state);
  }

  counts(): Promise<QueueCounts> {
    return this.guard(countJobs);
  }

  ping(): Promise<void> {
    return this.queue.ping();
  }

  close(): Promise<void> {
    return this.queue.close();
  }

  private guard<T>(operation: (queue: OpenQueue) => Promise<T>): Promise<T> {
    return this.queue.run(operation);
  }
}
