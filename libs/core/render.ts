/** States of a render, in the database and in the API alike. */
export const RENDER_STATUSES = ['queued', 'started', 'completed', 'failed', 'cancelled', 'archived'] as const;
export type RenderStatus = (typeof RENDER_STATUSES)[number];

/**
 * Which states a render may leave for the given one. `started` follows itself when a job is delivered again after its
 * worker died; `queued` follows `started` when a transient fault gives the job back.
 */
const sources: Record<RenderStatus, readonly RenderStatus[]> = {
  queued: ['started', 'queued'],
  started: ['queued', 'started'],
  completed: ['started'],
  failed: ['queued', 'started'],
  cancelled: ['queued', 'started'],
  archived: ['completed', 'failed', 'cancelled'],
};

/** States from which `target` may be entered. */
export function statusesLeadingTo(target: RenderStatus): readonly RenderStatus[] {
  return sources[target];
}

/** What a queue job carries: ids, nothing else. */
export interface RenderJob {
  readonly renderId: string;
  readonly assetId: string;
  readonly styleId: string;
  readonly sizePresetId: string;
}

/** A problem with the print that the client should see before paying for paper. */
export interface PrintWarning {
  readonly code: 'heavy_crop' | 'low_resolution';
  readonly message: string;
}

/** What a finished print file says of itself, read back from it. */
export interface PrintFileFacts {
  readonly format: string;
  readonly widthPx: number;
  readonly heightPx: number;
  readonly dpi: number;
  readonly compression: string;
  readonly colorSpace: string;
  readonly sizeBytes: number;
}
