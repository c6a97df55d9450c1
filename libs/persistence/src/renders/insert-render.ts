import { OverloadError } from '#core';
import type { EntityManager } from 'typeorm';
import type { CreatedRender, NewRender, WaitingLimits } from './new-render.js';

export const UNLIMITED: WaitingLimits = { total: 0, perClient: 0 };

/** Why a render is not admitted, as the functions of the database return it. */
export interface RefusalRow {
  readonly code: OverloadError['code'] | null;
  readonly retry_after: number | null;
}

interface AdmissionRow extends RefusalRow {
  readonly rank: number | null;
  readonly created_at: Date | null;
}

/**
 * Takes the lock of admissions, holds the limits against the counts, gives the rank, and writes the row when the render is
 * admitted: in one statement, so that the lock is held for one more trip only, that of the commit.
 */
const INSERT = `
  WITH admitted AS MATERIALIZED (SELECT rank, code, retry_after FROM admit_render($1, $2, $3)),
  new_render AS (
    INSERT INTO renders (id, owner_id, asset_id, style_id, size_preset_id, algorithm_config_snapshot, metadata, request_id,
                         traceparent, client, queue_cost, queue_rank)
    SELECT $4, $5, $6, $7, $8, $9, $10, $11, $12, $1, $13, rank FROM admitted WHERE code IS NULL
    RETURNING created_at)
  SELECT rank, code, retry_after, (SELECT created_at FROM new_render) AS created_at FROM admitted`;

/**
 * Records a queued render of an owner, in the transaction of the manager.
 * @throws OverloadError when the limits leave no room: the transaction must be rolled back then
 */
export async function insertRender(
  manager: EntityManager,
  ownerId: string,
  render: NewRender,
  { total, perClient }: WaitingLimits,
): Promise<CreatedRender> {
  const { id: renderId, assetId, styleId, sizePresetId, requestId, traceparent, client, cost = 1 } = render;
  const [row] = await manager.query<AdmissionRow[]>(INSERT, [
    ...[client ?? null, total, perClient],
    ...[renderId, ownerId, assetId, styleId, sizePresetId, JSON.stringify(render.algorithmConfig)],
    JSON.stringify({ warnings: render.warnings, layout: render.layout }),
    ...[requestId ?? null, traceparent ?? null, cost],
  ]);
  if (row.code !== null) throw refusalError(row);
  const origin = { ...(requestId ? { requestId } : {}), ...(traceparent ? { traceparent } : {}) };
  return { createdAt: row.created_at!, job: { renderId, assetId, styleId, sizePresetId, ...origin }, rank: row.rank! };
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
