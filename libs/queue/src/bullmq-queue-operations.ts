import { type FailedJob, type QueueJob, QueueOperations, type QueueState, type RenderJob } from '#core';
import type { Job } from 'bullmq';
import type { JobQueue } from './job-queue.js';

/** Operates the BullMQ queue `renders`, on Redis or on PostgreSQL. */
export class BullMqQueueOperations extends QueueOperations {
  /** @param redisDb number of the Redis database: a server lists the workers of all its databases */
  constructor(
    private readonly queue: JobQueue<RenderJob>,
    private readonly redisDb?: number,
  ) {
    super();
  }

  state(): Promise<QueueState> {
    return this.queue.run(async (queue) => {
      const [counts, paused, workers] = await Promise.all([this.queue.counts(), queue.isPaused(), queue.getWorkers()]);
      const ours = workers.filter(({ db }) => db === undefined || Number(db) === this.redisDb);
      const names = ours.map(({ rawname = '' }) => workerName(rawname));
      return { ...counts, paused, workers: [...new Set(names)].sort() };
    });
  }

  pause(): Promise<void> {
    return this.queue.run((queue) => queue.pause());
  }

  resume(): Promise<void> {
    return this.queue.run((queue) => queue.resume());
  }

  find(queueJobId: string): Promise<QueueJob | null> {
    return this.queue.run(async (queue) => {
      const [job, state] = await Promise.all([queue.getJob(queueJobId), queue.getJobState(queueJobId)]);
      return job ? toQueueJob(job as Job<RenderJob>, state) : null;
    });
  }

  listFailed(offset: number, limit: number): Promise<FailedJob[]> {
    return this.queue.run(async (queue) => {
      const jobs = await queue.getJobs('failed', offset, offset + limit - 1, true);
      // A job may have been removed while its page was read.
      return jobs.flatMap((job: Job<RenderJob> | undefined) => {
        const found = job && toQueueJob(job, 'failed');
        return found?.finishedAt ? [{ ...found, finishedAt: found.finishedAt }] : [];
      });
    });
  }

  removeFailed(queueJobId: string): Promise<boolean> {
    return this.queue.run(async (queue) => {
      if ((await queue.getJobState(queueJobId)) !== 'failed') return false;
      return (await queue.remove(queueJobId)) === 1;
    });
  }

  close(): Promise<void> {
    return this.queue.close();
  }
}

/** A worker's connection is named `<prefix>:<queue>:w:<name of the worker>`. */
function workerName(connectionName: string): string {
  return /:w:(.+)$/.exec(connectionName)?.[1] ?? connectionName;
}

function toQueueJob(job: Job<RenderJob>, state: string): QueueJob {
  return {
    id: job.id!,
    job: job.data,
    // BullMQ's name for waiting jobs that have a priority.
    state: state === 'prioritized' ? 'waiting' : state,
    tries: job.attemptsMade,
    addedAt: new Date(job.timestamp),
    startedAt: toDate(job.processedOn),
    finishedAt: toDate(job.finishedOn),
    worker: job.processedBy ?? null,
    error: job.failedReason ?? null,
    stack: job.stacktrace?.filter((line) => typeof line === 'string') ?? [],
  };
}

function toDate(milliseconds: number | undefined): Date | null {
  return milliseconds ? new Date(milliseconds) : null;
}
