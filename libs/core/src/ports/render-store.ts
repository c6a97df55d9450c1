import type { ErrorCode } from '../errors.js';
import type { PrintLayout } from '../print-size.js';
import type { PrintFileInfo, PrintWarning, RenderJob, RenderOrigin, RenderStatus } from '../render.js';

export interface Style {
  readonly id: string;
  readonly name: string;
  readonly slug: string;
  readonly description: string | null;
  readonly algorithmConfig: Record<string, unknown>;
}

export interface SizePreset {
  readonly id: string;
  readonly name: string;
  readonly widthInches: number;
  readonly heightInches: number;
  readonly dpi: number;
}

/** The styles and sizes on offer. */
export abstract class Catalogue {
  abstract listStyles(): Promise<Style[]>;
  abstract listSizePresets(): Promise<SizePreset[]>;
  abstract findStyle(id: string): Promise<Style | null>;
  abstract findSizePreset(id: string): Promise<SizePreset | null>;
}

export interface NewAsset {
  readonly id: string;
  readonly filename: string;
  readonly objectKey: string;
  readonly format: string;
  readonly widthPx: number;
  readonly heightPx: number;
  readonly fileSizeBytes: number;
}

export interface NewRender extends RenderOrigin {
  readonly id: string;
  readonly styleId: string;
  readonly sizePresetId: string;
  /** The style's settings at this moment: a later change of the style does not touch an accepted render. */
  readonly algorithmConfig: Record<string, unknown>;
  readonly layout: PrintLayout;
  readonly warnings: readonly PrintWarning[];
  /** Who submits it: personal data, which the record keeps only while the render waits or runs, and never shows. */
  readonly client?: string;
  /** What it costs to render, a whole number from 1 to 1000; 1 when left out. */
  readonly cost?: number;
}

/** How many renders may be queued at once, in all and of one client; 0 for any number. */
export interface WaitingLimits {
  readonly total: number;
  readonly perClient: number;
}

/** A recorded render and what it takes to queue it. */
export interface CreatedRender {
  readonly createdAt: Date;
  readonly job: RenderJob;
  /** Its place in the fair order between clients: see {@link NewJob}. */
  readonly rank: number;
}

export interface Render extends RenderOrigin {
  readonly id: string;
  readonly status: RenderStatus;
  readonly assetId: string;
  readonly assetFilename: string;
  readonly assetKey: string;
  readonly style: Pick<Style, 'id' | 'name' | 'slug'>;
  readonly sizePreset: SizePreset;
  readonly algorithmConfig: Record<string, unknown>;
  readonly pipelineVersion: string | null;
  readonly outputKey: string | null;
  readonly previewKey: string | null;
  readonly createdAt: Date;
  /** When an operator had it rendered again, after it had failed: its wait counts from then on. */
  readonly requeuedAt: Date | null;
  readonly startedAt: Date | null;
  readonly completedAt: Date | null;
  readonly durationMs: number | null;
  readonly errorCode: string | null;
  readonly errorMessage: string | null;
  readonly layout: PrintLayout;
  /** Percent of the work that is done, 0..100. */
  readonly progress: number;
  /** The finished print; null until then. */
  readonly file: PrintFileInfo | null;
  readonly warnings: readonly PrintWarning[];
}

export interface RenderResult {
  readonly outputKey: string;
  readonly previewKey: string;
  readonly durationMs: number;
  readonly pipelineVersion: string;
  readonly file: PrintFileInfo;
  readonly facts: Record<string, unknown>;
}

/** A worker's claim on a render: whoever has the newest token may write, nobody else. */
export interface RenderLease {
  readonly renderId: string;
  readonly token: string;
  /** 1 for the first. */
  readonly attempt: number;
}

/** What came of asking for a render. */
export type RenderClaim = ClaimOutcome & {
  /** What became of it before, when its former worker was lost. */
  readonly reclaimed?: ReclaimedRender;
};

type ClaimOutcome =
  | { readonly kind: 'render'; readonly render: Render; readonly lease: RenderLease }
  /** It is rendered already; its files, kept under the token of that attempt, only have to be put in their place. */
  | { readonly kind: 'publish'; readonly render: Render; readonly lease: RenderLease; readonly resultToken: string }
  /** Another worker holds it. */
  | { readonly kind: 'held' }
  /** It has ended, or never was. */
  | { readonly kind: 'ended' };

/** Why a render failed, for its client. */
export interface FailureReason {
  readonly code: ErrorCode;
  readonly message: string;
}

/** What {@link RenderStore.reclaimExpired} did to a render whose worker was lost. */
export interface ReclaimedRender {
  readonly id: string;
  readonly requestId?: string;
  readonly status: 'queued' | 'failed';
  /** Slug of its style. */
  readonly style: string;
}

/**
 * The record of every render, and the truth about it: queues only carry ids. Every change of a render under way names
 * the lease it is made under; it returns false, changing nothing, when that lease is not the newest any more.
 */
export abstract class RenderStore {
  /**
   * Records the asset and its queued render, both or none, at the next place of its client in the fair order. The limits
   * hold whatever else is submitted at this moment; without them any number may wait.
   * @throws OverloadError as {@link assertRoom}
   */
  abstract create(asset: NewAsset, render: NewRender, limits?: WaitingLimits): Promise<CreatedRender>;
  /**
   * Whether another render of the client may be queued now.
   * @throws OverloadError `too_many_requests` when it has as many queued as a client may, `overloaded` when all have
   */
  abstract assertRoom(client: string, limits: WaitingLimits): Promise<void>;
  abstract find(id: string): Promise<Render | null>;
  /** Notes the job that was added for a render; not when the render has been given another one meanwhile. */
  abstract recordQueueJob(id: string, queueJobId: string): Promise<void>;
  /** Takes a render that is queued, or whose lease has run out, for `leaseMs`; first reclaims it as {@link reclaimExpired}. */
  abstract claim(id: string, leaseMs: number, maxLost: number): Promise<RenderClaim>;
  /** Keeps the lease for another `leaseMs` and records the progress, percent 0..100. */
  abstract renew(lease: RenderLease, percent: number, leaseMs: number): Promise<boolean>;
  /** Declares this attempt's result to be the one. */
  abstract commitResult(lease: RenderLease, result: RenderResult): Promise<boolean>;
  /** Ends a sealed render whose files are in their place. */
  abstract complete(lease: RenderLease): Promise<boolean>;
  abstract fail(lease: RenderLease, reason: FailureReason): Promise<boolean>;
  /** Back to the queue, for another try. */
  abstract release(lease: RenderLease): Promise<boolean>;
  /**
   * Back to the queue because the process that rendered has died, unless that was the `maxLost`th time: then the photo
   * is poison and the render fails. Null when the lease is not the newest any more.
   */
  abstract recordCrash(lease: RenderLease, maxLost: number): Promise<ReclaimedRender['status'] | null>;
  /**
   * Does as {@link recordCrash} with every render whose lease has run out: its whole worker was lost. Any number of
   * processes may do so at once.
   */
  abstract reclaimExpired(maxLost: number): Promise<ReclaimedRender[]>;
  /**
   * The next `limit` queued renders that nothing has changed for `idleMs`, longest waiting first, after the position
   * given: their job may be lost. Renders that the API is just accepting are left out.
   */
  abstract listStaleQueued(idleMs: number, limit: number, after?: QueuePosition): Promise<QueuedRender[]>;
  /**
   * Counts another job for each of these renders that is still queued with the job given, and records its id; only then
   * may the queue get it. Of two callers one wins. @returns the ids of the renders that changed
   */
  abstract assignNextJobs(renders: readonly QueuedRender[]): Promise<ReadonlySet<string>>;
  /**
   * Keeps ranks within what queues can order by: once the present is at `threshold`, it is moved back to 1 and all ranks
   * with it. Queued renders then lack a job. @returns how many renders changed, mostly 0
   */
  abstract rebaseRanks(threshold: number): Promise<number>;
}

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

/** Whether the database answers. */
export abstract class DatabaseProbe {
  abstract ping(): Promise<void>;
  /** Resolves when as many connections stand as are always kept: then no request need wait for a new one. */
  abstract warmUp(): Promise<void>;
}
