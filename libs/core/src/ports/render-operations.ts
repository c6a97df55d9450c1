import type { RenderJob, RenderStatus } from '../render.js';

/** Which renders an operator means; what is left out does not narrow. */
export interface RenderSelection {
  readonly status?: RenderStatus;
  readonly ids?: readonly string[];
  /** Ended, or when under way accepted, at this moment or later. */
  readonly since?: Date;
  readonly errorCode?: string;
  /** Found in the error's code or message, whatever the case: as it stands, or as a regular expression of PostgreSQL. */
  readonly errorPattern?: string;
  /** Slug of a style. */
  readonly style?: string;
}

/** A render as its operator sees it. */
export interface RenderRecord {
  readonly id: string;
  readonly status: RenderStatus;
  readonly style: string;
  readonly sizePreset: string;
  readonly job: RenderJob;
  readonly createdAt: Date;
  readonly startedAt: Date | null;
  readonly completedAt: Date | null;
  readonly durationMs: number | null;
  /** Percent of the work that is done, 0..100. */
  readonly progress: number;
  readonly errorCode: string | null;
  readonly errorMessage: string | null;
  /** How often it has been taken up, and how often its worker or render process was lost then. */
  readonly attempts: number;
  readonly lostAttempts: number;
  readonly leaseUntil: Date | null;
  /** Token of the attempt whose result counts. */
  readonly resultToken: string | null;
  readonly queueJobId: string | null;
  readonly queueGeneration: number;
  readonly requestId: string | null;
  readonly photo: { readonly key: string; readonly filename: string };
  readonly outputKey: string | null;
  readonly previewKey: string | null;
  readonly requeues: number;
  readonly lastFailure: PastFailure | null;
}

/** Why a render failed before it was requeued. */
export interface PastFailure {
  readonly errorCode: string | null;
  readonly errorMessage: string | null;
  readonly failedAt: string | null;
}

export const RENDER_GROUPINGS = ['error', 'style', 'status'] as const;
export type RenderGrouping = (typeof RENDER_GROUPINGS)[number];

export interface RenderGroup {
  readonly name: string;
  readonly count: number;
}

/** A render that waits again: its job is the `generation`th. */
export interface RequeuedRender {
  readonly job: RenderJob;
  readonly generation: number;
  readonly rank: number | null;
  /** The job it had before; null when it never had one. */
  readonly formerJobId: string | null;
}

/** What becomes of a render that is taken from a worker that hangs. */
export type StuckAction = { readonly kind: 'requeue' } | { readonly kind: 'fail'; readonly message: string };

/** What came of it: one that is rendered already is never failed. */
export type RecoveredRender =
  { readonly status: 'failed' } | { readonly status: 'queued'; readonly requeued: RequeuedRender };

/** The rows' account of the work, by the clock of the database. */
export interface RenderForecast {
  readonly byStatus: Readonly<Record<RenderStatus, number>>;
  /** Seconds since the queued render that waits longest was accepted or requeued; 0 when none waits. */
  readonly oldestQueuedSeconds: number;
  readonly lastCompletedAt: Date | null;
  readonly completedLastHour: number;
  readonly failedLastHour: number;
}

/**
 * What operators ask and do about renders, beside the way that a render takes by itself. Whatever takes a render away
 * from a worker makes that worker's lease void: it can write nothing any more.
 */
export abstract class RenderOperations {
  /** @param limit counts only so many, the oldest, as {@link listOldest} has them */
  abstract count(selection: RenderSelection, by: RenderGrouping, limit?: number): Promise<RenderGroup[]>;
  /** Newest first, after the one given. */
  abstract list(selection: RenderSelection, limit: number, afterId?: string): Promise<RenderRecord[]>;
  /** The same, oldest first. */
  abstract listOldest(selection: RenderSelection, limit: number, afterId?: string): Promise<RenderRecord[]>;
  abstract find(id: string): Promise<RenderRecord | null>;
  /**
   * Puts a failed render back: its error and its counters are cleared, what they were is kept as its history.
   * @param keepResult whether a result it has is still there, so that it only has to be published
   * @returns null, changing nothing, when it is not failed
   */
  abstract requeue(id: string, keepResult: boolean): Promise<RequeuedRender | null>;
  /** Started longer than so long ago, oldest first: with a lease that lives, their worker hangs. */
  abstract listStuck(olderThanMs: number, limit: number): Promise<RenderRecord[]>;
  /** Takes a render away from its worker. @returns null, changing nothing, when it is not stuck any more */
  abstract recoverStuck(id: string, olderThanMs: number, fate: StuckAction): Promise<RecoveredRender | null>;
  /** How many {@link dismissFailed} would mark. */
  abstract countFailedToArchive(olderThanMs: number): Promise<number>;
  /** Marks renders as archived that failed longer than so long ago. @returns how many were not yet */
  abstract dismissFailed(olderThanMs: number): Promise<number>;
  abstract backlog(): Promise<RenderForecast>;
}
