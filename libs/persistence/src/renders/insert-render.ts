import { OverloadError } from '#core';
import type { DataSource } from 'typeorm';
import { mapDatabaseErrors } from '../database-errors.js';
import type { CreatedRender, NewRender, WaitingLimits } from './new-render.js';
import type { NewAsset } from '../assets/asset.entity.js';

export const UNLIMITED: WaitingLimits = { total: 0, perClient: 0 };

/** Why a render is not admitted, as the functions of the database tell it. */
export interface RefusalRow {
  readonly code: OverloadError['code'] | null;
  readonly retry_after: number | null;
}

interface AdmissionRow extends RefusalRow {
  readonly rank: number | null;
  readonly created_at: Date | null;
}

/**
 * Takes the lock of admissions, holds the limits against the counts, gives the rank, and writes both rows when the render is
 * admitted: in one statement, so that the lock is held for one more trip only, that of the commit.
 */
const INSERT = `
  WITH admitted AS MATERIALIZED (SELECT rank, code, retry_after FROM admit_render($1, $2, $3)),
  new_asset AS (
    INSERT INTO assets (id, filename, minio_key, format, width_px, height_px, file_size_bytes)
    SELECT $4, $5, $6, $7, $8, $9, $10 FROM admitted WHERE code IS NULL),
  new_render AS (
    INSERT INTO renders (id, asset_id, style_id, size_preset_id, algorithm_config_snapshot, metadata, request_id,
                         traceparent, client, queue_cost, queue_rank)
    SELECT $11, $4, $12, $13, $14, $15, $16, $17, $1, $18, rank FROM admitted WHERE code IS NULL
    RETURNING created_at)
  SELECT rank, code, retry_after, (SELECT created_at FROM new_render) AS created_at FROM admitted`;

/** @throws OverloadError when the limits leave no room, DependencyError */
export async function insertRender(
  dataSource: DataSource,
  asset: NewAsset,
  render: NewRender,
  { total, perClient }: WaitingLimits,
): Promise<CreatedRender> {
  const { id: renderId, styleId, sizePresetId, requestId, traceparent, client, cost = 1 } = render;
  const values = [
    ...[client ?? null, total, perClient],
    ...[asset.id, asset.filename, asset.objectKey, asset.format, asset.widthPx, asset.heightPx, asset.fileSizeBytes],
    ...[renderId, styleId, sizePresetId, JSON.stringify(render.algorithmConfig)],
    JSON.stringify({ warnings: render.warnings, layout: render.layout }),
    ...[requestId ?? null, traceparent ?? null, cost],
  ];
  // A statement by itself would be carried through by the server though its client has given up and answered so.
  const [row] = await mapDatabaseErrors(() =>
    dataSource.transaction((manager) => manager.query<AdmissionRow[]>(INSERT, values)),
  );
  if (row.code !== null) throw refusalError(row);
  const origin = { ...(requestId ? { requestId } : {}), ...(traceparent ? { traceparent } : {}) };
  const job = { renderId, assetId: asset.id, styleId, sizePresetId, ...origin };
  return { createdAt: row.created_at!, job, rank: row.rank! };
}

export function refusalError({ code, retry_after }: RefusalRow): OverloadError {
  const retryAfterSeconds = retry_after ?? undefined;
  if (code === 'too_many_requests') {
    return new OverloadError('too_many_requests', 'Too many of your renders are waiting', {
      hint: 'Send the photo again when some of them have been rendered, after the seconds in Retry-After.',
      retryAfterSeconds,
    });
  }
  return new OverloadError('overloaded', 'Too many renders are waiting', {
    hint: 'Send the photo again after the seconds in Retry-After.',
    retryAfterSeconds,
  });
}
