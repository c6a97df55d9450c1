/** States of a render, in the database and in the API alike. */
export const RENDER_STATUSES = ['queued', 'started', 'completed', 'failed', 'cancelled', 'archived'] as const;
export type RenderStatus = (typeof RENDER_STATUSES)[number];

/** The request that a render comes from, so that logs and traces of other processes can be joined to it. */
export interface RenderOrigin {
  readonly requestId?: string;
  /** W3C Trace Context, when the request was traced. */
  readonly traceparent?: string;
}

/** What a queue job carries: ids, nothing else. */
export interface RenderJob extends RenderOrigin {
  readonly renderId: string;
  readonly assetId: string;
  readonly styleId: string;
  readonly sizePresetId: string;
}

export const PRINT_WARNING_CODES = ['heavy_crop', 'low_resolution', 'fully_transparent'] as const;

/** A problem with the print that the client should see before paying for paper. */
export interface PrintWarning {
  readonly code: (typeof PRINT_WARNING_CODES)[number];
  readonly message: string;
}

/** The metadata of a finished print, as read back from the file. */
export interface PrintFileInfo {
  readonly format: string;
  readonly widthPx: number;
  readonly heightPx: number;
  readonly dpi: number;
  readonly compression: string;
  readonly colorSpace: string;
  readonly sizeBytes: number;
}

/** What became of a render whose worker was lost. */
export interface ReclaimedRender {
  readonly id: string;
  readonly requestId?: string;
  readonly status: 'queued' | 'failed';
  /** Slug of its style. */
  readonly style: string;
}

/** The renders that are not ended yet. */
export interface RenderBacklog {
  readonly queued: number;
  readonly started: number;
  /** Of how many clients these are, counted up to 1000; those whose client is unknown are of one. */
  readonly clients: number;
  /** Of the started, those whose lease ran out more than a minute ago and that no worker has taken back. */
  readonly stuck: number;
  /** Since the one that waits longest was accepted, or last requeued by an operator; 0 when none is queued. */
  readonly oldestQueuedSeconds: number;
}

/** Prints that are still to be made. */
export interface PrintVolume {
  readonly renders: number;
  /** Of all their prints together. */
  readonly pixels: number;
}
