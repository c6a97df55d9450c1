import { API_TIME_LIMITS, type QueueConfig, type TimeLimits } from '#config';
import {
  type NewJob,
  type OutageLogger,
  type QueueCounts,
  queueJobIdOf,
  type QueueOperations,
  type RenderJob,
  RenderQueue,
} from '#core';
import { BullMqQueueOperations } from './bullmq-queue-operations.js';
import { JobQueue, type NewQueueJob } from './job-queue.js';
import { QueueServer } from './queue-server.js';
import { RENDERS } from './renders.js';

/** The render queue on BullMQ: ids by generation, priorities by rank. */
export class BullMqRenderQueue extends RenderQueue {
  /** For operators, on the same connection. */
  readonly operations: QueueOperations;

  constructor(private readonly queue: JobQueue<RenderJob>) {
    super();
    const { config } = QueueServer.of(queue.opts.connection);
    this.operations = new BullMqQueueOperations(queue, config.backend === 'redis' ? config.redis.db : undefined);
  }

  /** Opens the queue without a Nest application. The caller closes it. */
  static open(config: QueueConfig, limits: TimeLimits = API_TIME_LIMITS, logger?: OutageLogger): BullMqRenderQueue {
    return new BullMqRenderQueue(JobQueue.open(RENDERS, new QueueServer(config, limits, logger)));
  }

  enqueue(job: RenderJob, generation: number, rank?: number | null): Promise<string> {
    return this.queue.add(toQueueJob({ job, generation, rank }));
  }

  enqueueAll(jobs: readonly NewJob[]): Promise<void> {
    return this.queue.addAll(jobs.map(toQueueJob));
  }

  findLiveJobs(queueJobIds: readonly string[]): Promise<ReadonlySet<string>> {
    return this.queue.findLive(queueJobIds);
  }

  listLiveJobs(): Promise<ReadonlySet<string>> {
    return this.queue.listLive();
  }

  counts(): Promise<QueueCounts> {
    return this.queue.counts();
  }

  ping(): Promise<void> {
    return this.queue.ping();
  }

  close(): Promise<void> {
    return this.queue.close();
  }
}

function toQueueJob({ job, generation, rank }: NewJob): NewQueueJob<RenderJob> {
  return { id: queueJobIdOf(job.renderId, generation), payload: job, priority: rank };
}
