import type { RenderJob } from '../render.js';
import type { QueueCounts } from './render-queue.js';

/** A job of the queue, whatever became of it. */
export interface QueueJob {
  readonly id: string;
  readonly job: RenderJob;
  readonly state: string;
  /** Tries that have ended. */
  readonly tries: number;
  readonly addedAt: Date;
  /** When its last try began; null before the first. */
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
  /** The worker that has or had it: host and process id. */
  readonly worker: string | null;
  readonly error: string | null;
  readonly stack: readonly string[];
}

/** A failed job; a queue keeps it for a week. */
export interface FailedJob extends QueueJob {
  readonly finishedAt: Date;
}

export interface QueueState extends QueueCounts {
  readonly paused: boolean;
  /** Connected workers: host and process id. */
  readonly workers: readonly string[];
}

/**
 * What operators ask and do about the queue. Fails fast with `queue_unavailable` when the backend is unavailable. Renders are not
 * touched: their rows are the truth.
 */
export abstract class QueueOperations {
  abstract state(): Promise<QueueState>;
  /** No worker takes a job until {@link resume}; jobs that run end as usual, and new ones are accepted. */
  abstract pause(): Promise<void>;
  abstract resume(): Promise<void>;
  abstract find(queueJobId: string): Promise<QueueJob | null>;
  /** A page of failed jobs, oldest failure first. */
  abstract listFailed(offset: number, limit: number): Promise<FailedJob[]>;
  /** Forgets a failed job. @returns false, changing nothing, when it is none (any more) */
  abstract removeFailed(queueJobId: string): Promise<boolean>;
  abstract close(): Promise<void>;
}
