import type { RenderJob } from '../render.js';

export interface QueueCounts {
  readonly waiting: number;
  readonly active: number;
  readonly delayed: number;
  readonly failed: number;
}

/** The producing end of the render queue. Fails fast with `queue_unavailable` when the backend is away. */
export abstract class RenderQueue {
  /**
   * Adds the job of a render; `generation` counts the jobs that a render has had. Adding one again while it is kept
   * changes nothing. Returns the job's id.
   */
  abstract enqueue(job: RenderJob, generation: number): Promise<string>;
  /** Whether the job waits or runs. */
  abstract holds(queueJobId: string): Promise<boolean>;
  abstract counts(): Promise<QueueCounts>;
  abstract ping(): Promise<void>;
  abstract close(): Promise<void>;
}

export interface RenderAttempt {
  /** 1 for the first try. */
  readonly number: number;
  /** Fires with a `render_aborted` when the queue takes the job away from this worker, or the worker has to stop. */
  readonly signal: AbortSignal;
}

/** Work on one job. An error that is worth retrying gives the job back for another try; any other ends it. */
export type RenderJobHandler = (job: RenderJob, attempt: RenderAttempt) => Promise<void>;

/** The consuming end of the render queue. */
export abstract class RenderConsumer {
  abstract start(handler: RenderJobHandler): Promise<void>;
  /**
   * Takes no further job and resolves when the running ones have ended. Those that run longer than `graceMs` are
   * aborted, and wait again for another worker; that counts as no try.
   */
  abstract drain(graceMs: number): Promise<void>;
  abstract ping(): Promise<void>;
}
