import type { PrintLayout, PrintWarning, RenderJob, RenderOrigin } from '#core';

/** A render that is about to be recorded, of an asset of the same owner. */
export interface NewRender extends RenderOrigin {
  readonly id: string;
  readonly assetId: string;
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
  /** Its place in the fair order between clients: see `NewJob` of the queue. */
  readonly rank: number;
}
