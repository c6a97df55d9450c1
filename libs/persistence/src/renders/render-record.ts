import type { PrintFileInfo, PrintLayout, PrintWarning, RenderJob, RenderOrigin, RenderStatus } from '#core';
import type { SizePreset } from '../catalogue/size-preset.entity.js';
import type { Style } from '../catalogue/style.entity.js';

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

/** What a {@link RenderRecord} is read from: `renders` as `r`, `styles` as `s`, `size_presets` as `p`, `assets` as `a`. */
export const RECORD_SOURCE = `renders r
  JOIN styles s ON s.id = r.style_id
  JOIN size_presets p ON p.id = r.size_preset_id
  JOIN assets a ON a.id = r.asset_id`;

export const RECORD_COLUMNS = `r.*, s.slug AS style_slug, p.name AS size_name,
  a.minio_key AS photo_key, a.filename AS photo_filename`;

/** SQL: a render that the API has recorded, as `r`, and is about to queue. */
export const BEING_ACCEPTED = `r.queue_job_id IS NULL AND r.updated_at > now() - interval '5 seconds'`;

/** A row of {@link RECORD_COLUMNS}. */
export interface RecordRow {
  readonly id: string;
  readonly status: RenderStatus;
  readonly asset_id: string;
  readonly style_id: string;
  readonly size_preset_id: string;
  readonly style_slug: string;
  readonly size_name: string;
  readonly created_at: Date;
  readonly started_at: Date | null;
  readonly completed_at: Date | null;
  readonly duration_ms: number | null;
  readonly progress: number;
  readonly error_code: string | null;
  readonly error_message: string | null;
  readonly attempt: number;
  readonly lost_attempts: number;
  readonly lease_until: Date | null;
  readonly result_token: string | null;
  readonly queue_job_id: string | null;
  readonly queue_generation: number;
  readonly queue_rank: number | null;
  readonly request_id: string | null;
  readonly traceparent: string | null;
  readonly photo_key: string;
  readonly photo_filename: string;
  readonly output_minio_key: string | null;
  readonly preview_minio_key: string | null;
  readonly metadata: { readonly requeues?: number; readonly last_failure?: FailureRow };
}

interface FailureRow {
  readonly error_code: string | null;
  readonly error_message: string | null;
  readonly failed_at: string | null;
}

export type JobRow = Pick<RecordRow, 'id' | 'asset_id' | 'style_id' | 'size_preset_id' | 'request_id' | 'traceparent'>;

/** The job of a render, which leads its worker back to the request it came with. */
export function toJob(row: JobRow): RenderJob {
  return {
    renderId: row.id,
    assetId: row.asset_id,
    styleId: row.style_id,
    sizePresetId: row.size_preset_id,
    requestId: row.request_id ?? undefined,
    traceparent: row.traceparent ?? undefined,
  };
}

export function toRecord(row: RecordRow): RenderRecord {
  return {
    id: row.id,
    status: row.status,
    style: row.style_slug,
    sizePreset: row.size_name,
    job: toJob(row),
    createdAt: row.created_at,
    startedAt: row.started_at,
    completedAt: row.completed_at,
    durationMs: row.duration_ms,
    progress: row.progress,
    errorCode: row.error_code,
    errorMessage: row.error_message,
    attempts: row.attempt,
    lostAttempts: row.lost_attempts,
    leaseUntil: row.lease_until,
    resultToken: row.result_token,
    queueJobId: row.queue_job_id,
    queueGeneration: row.queue_generation,
    requestId: row.request_id,
    photo: { key: row.photo_key, filename: row.photo_filename },
    outputKey: row.output_minio_key,
    previewKey: row.preview_minio_key,
    requeues: row.metadata.requeues ?? 0,
    lastFailure: pastFailure(row.metadata.last_failure),
  };
}

function pastFailure(row: FailureRow | undefined): PastFailure | null {
  return row ? { errorCode: row.error_code, errorMessage: row.error_message, failedAt: row.failed_at } : null;
}
