import type { RenderJob } from '#core';

/** A place in the order of the queued renders, which stays one when its render has gone on. */
export interface QueuePosition {
  /** When it was accepted, or last requeued by an operator, as the database writes it. */
  readonly waitingSince: string;
  readonly renderId: string;
}

export interface QueuedRender {
  readonly job: RenderJob;
  readonly position: QueuePosition;
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
