import { API_TIME_LIMITS, type QueueConfig, type TimeLimits } from '#config';
import {
  type OutageLogger,
  type NewJob,
  type QueueCounts,
  queueJobIdOf,
  type QueueOperations,
  type RenderJob,
  RenderQueue,
} from '#core';
import { BullMqQueueOperations } from './bullmq-queue-operations.js';
import { FailFastQueue } from './fail-fast-queue.js';

const JOB_NAME = 'render';
/** Jobs added by one command, so that the server has time for others in between. */
const ADDED_AT_ONCE = 500;

/** Puts renders on the BullMQ queue `renders`, on Redis or on PostgreSQL. */
export class BullMqRenderQueue extends RenderQueue {
  /** For who operates the queue, on the same connection. */
  readonly operations: QueueOperations;
  private readonly queue: FailFastQueue;

  constructor(config: QueueConfig, limits: TimeLimits = API_TIME_LIMITS, logger?: OutageLogger) {
    super();
    this.queue = new FailFastQueue(config, limits, logger);
    this.operations = new BullMqQueueOperations(this.queue, config.backend === 'redis' ? config.redis.db : undefined);
  }

  async enqueue(job: RenderJob, generation: number, rank?: number | null): Promise<string> {
    const { data, opts } = toBullMq({ job, generation, rank });
    const added = await this.queue.run((queue) => queue.add(JOB_NAME, data, opts));
    return added.id!;
  }

  async enqueueAll(jobs: readonly NewJob[]): Promise<void> {
    for (let i = 0; i < jobs.length; i += ADDED_AT_ONCE) {
      const page = jobs.slice(i, i + ADDED_AT_ONCE).map((job) => ({ name: JOB_NAME, ...toBullMq(job) }));
      await this.queue.run((queue) => queue.addBulk(page));
    }
  }

  findLiveJobs(queueJobIds: readonly string[]): Promise<ReadonlySet<string>> {
    return this.queue.read((jobs) => jobs.findLive(queueJobIds));
  }

  listLiveJobs(): Promise<ReadonlySet<string>> {
    return this.queue.read((jobs) => jobs.listLive());
  }

  counts(): Promise<QueueCounts> {
    return this.queue.read((jobs) => jobs.counts());
  }

  ping(): Promise<void> {
    return this.queue.ping();
  }

  close(): Promise<void> {
    return this.queue.close();
  }
}

/** A job carries ids, nothing else. BullMQ takes those without a priority first, then by priority. */
function toBullMq({ job, generation, rank }: NewJob): { data: RenderJob; opts: { jobId: string; priority?: number } } {
  const { renderId, assetId, styleId, sizePresetId, requestId, traceparent } = job;
  const data = { renderId, assetId, styleId, sizePresetId, requestId, traceparent };
  return { data, opts: { jobId: queueJobIdOf(renderId, generation), ...(rank ? { priority: rank } : {}) } };
}
