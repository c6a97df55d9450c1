import type { ErrorCode, PrintFileInfo, ReclaimedRender } from '#core';
import type { Render } from './render.entity.js';

/** A worker's claim on a render: only the holder of the newest token may write. */
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

export interface RenderResult {
  readonly outputKey: string;
  readonly previewKey: string;
  readonly durationMs: number;
  readonly pipelineVersion: string;
  readonly file: PrintFileInfo;
  readonly metadata: Record<string, unknown>;
}

/** Why a render failed, for its client. */
export interface FailureReason {
  readonly code: ErrorCode;
  readonly message: string;
}
