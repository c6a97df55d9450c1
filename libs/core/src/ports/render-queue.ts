import type { RenderJob } from '../render.js';

export interface QueueCounts {
  readonly waiting: number;
  readonly active: number;
  readonly delayed: number;
  readonly failed: number;
  /** Set when a number is too large to be counted at each call: then `waiting` is as it was lately, and the others may be too low. */
  readonly isEstimate?: true;
}

/** A job to add: the `generation`th of its render. Those of one rank are taken in the order in which they were added. */
export interface NewJob {
  readonly job: RenderJob;
  readonly generation: number;
  /** Place in the order in which jobs are taken, 1 to {@link MAX_QUEUE_RANK}, the lowest first; without one before all others. */
  readonly rank?: number | null;
}

/** The greatest rank that a queue can order by. */
export const MAX_QUEUE_RANK = 2_097_151;

/** The id of the `generation`th job of a render, by which the row and the queue know it. */
export function queueJobIdOf(renderId: string, generation: number): string {
  return `${renderId}-${generation}`;
}

/** The producing end of the render queue. Fails fast with `queue_unavailable` when the backend is unavailable. */
export abstract class RenderQueue {
  /**
   * Adds the job of a render; `generation` counts the jobs that a render has had, `rank` is as of {@link NewJob}. Adding
   * one again while it is kept changes nothing. Returns the job's id.
   */
  abstract enqueue(job: RenderJob, generation: number, rank?: number | null): Promise<string>;
  /** Adds the jobs of many renders at once, in this order, as {@link enqueue} does each. */
  abstract enqueueAll(jobs: readonly NewJob[]): Promise<void>;
  /** Which of these jobs wait or run. Costs the same for each of them, whatever else the queue holds. */
  abstract findLiveJobs(queueJobIds: readonly string[]): Promise<ReadonlySet<string>>;
  /** The ids of all jobs that wait or run, as of one moment. For when jobs are known to be missing: it reads the whole queue. */
  abstract listLiveJobs(): Promise<ReadonlySet<string>>;
  abstract counts(): Promise<QueueCounts>;
  abstract ping(): Promise<void>;
  abstract close(): Promise<void>;
}

/** One attempt of a job. */
export interface JobContext {
  /** 1 for the first attempt. */
  readonly number: number;
  /** Aborted with a `render_aborted` when this worker loses the job's lock or has to stop. */
  readonly signal: AbortSignal;
}
