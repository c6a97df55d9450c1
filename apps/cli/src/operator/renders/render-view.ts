import type { RenderStatus } from '#core';
import type { Render } from '#persistence';

/** A render as operators see it. */
export interface RenderView {
  readonly id: string;
  readonly status: RenderStatus;
  readonly style: string;
  readonly sizePreset: string;
  readonly job: {
    readonly renderId: string;
    readonly assetId: string;
    readonly styleId: string;
    readonly sizePresetId: string;
    readonly requestId?: string;
    readonly traceparent?: string;
  };
  readonly createdAt: Date;
  readonly startedAt: Date | null;
  readonly completedAt: Date | null;
  readonly durationMs: number | null;
  /** Percent of the work that is done, 0..100. */
  readonly progress: number;
  readonly errorCode: string | null;
  readonly errorMessage: string | null;
  /** How often a worker claimed it, and how often its worker or render process was lost. */
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
interface PastFailure {
  readonly errorCode: string | null;
  readonly errorMessage: string | null;
  readonly failedAt: string | null;
}

export function viewOf(render: Render): RenderView {
  const { requeues, last_failure: failure } = render.metadata;
  return {
    id: render.id,
    status: render.status,
    style: render.style.slug,
    sizePreset: render.sizePreset.name,
    job: {
      ...{ renderId: render.id, assetId: render.assetId, styleId: render.styleId, sizePresetId: render.sizePresetId },
      ...{ requestId: render.requestId ?? undefined, traceparent: render.traceparent ?? undefined },
    },
    createdAt: render.createdAt,
    startedAt: render.startedAt,
    completedAt: render.completedAt,
    durationMs: render.durationMs,
    progress: render.progress,
    errorCode: render.errorCode,
    errorMessage: render.errorMessage,
    attempts: render.attempt,
    lostAttempts: render.lostAttempts,
    leaseUntil: render.leaseUntil,
    resultToken: render.resultToken,
    queueJobId: render.queueJobId,
    queueGeneration: render.queueGeneration,
    requestId: render.requestId,
    photo: { key: render.asset.objectKey, filename: render.asset.filename },
    outputKey: render.outputKey,
    previewKey: render.previewKey,
    requeues: requeues ?? 0,
    lastFailure: failure
      ? { errorCode: failure.error_code, errorMessage: failure.error_message, failedAt: failure.failed_at }
      : null,
  };
}
