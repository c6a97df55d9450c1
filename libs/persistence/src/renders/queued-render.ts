import type { RenderJob } from '#core';
import type { Cursor } from '../cursor.js';

export interface QueuedRender {
  readonly job: RenderJob;
  /** Its place among the queued, by when it was accepted or last requeued by an operator. */
  readonly position: Cursor;
  /** How many jobs it has had. */
  readonly generation: number;
  readonly queueJobId: string | null;
  readonly rank: number | null;
}

/** A render that waits again: its job is the `generation`th. */
export interface RequeuedRender {
  readonly job: RenderJob;
  readonly generation: number;
  readonly rank: number | null;
  /** The job it had before; null when it never had one. */
  readonly formerJobId: string | null;
}
