import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { queueJobIdOf, type ReclaimedRender } from '#core';
import { DataSource, type FindOptionsWhere } from 'typeorm';
import { insertAsset } from '../assets/insert-asset.js';
import { WAITING_SINCE } from './backlog-age.js';
import { mapDatabaseErrors } from '../database-errors.js';
import { Render } from './render.entity.js';
import { insertRender, type RefusalRow, refusalError, UNLIMITED } from './insert-render.js';
import { BEING_ACCEPTED, JOB } from './render-job.js';
import type { CreatedRender, NewRender, WaitingLimits } from './new-render.js';
import type { FailureReason, RenderClaim, RenderLease, RenderResult } from './render-lease.js';
import type { NewAsset } from '../assets/asset.entity.js';
import type { QueuedRender } from './queued-render.js';
import { beyond, type Cursor, exactTime } from '../cursor.js';

/** Leases that one statement reclaims. */
const RECLAIMED_AT_ONCE = 500;
/** Those that no other process is reclaiming at this moment. */
const EXPIRED = `id = ANY (ARRAY(
  SELECT id FROM renders WHERE status = 'started' AND lease_until < now()
   ORDER BY lease_until LIMIT ${RECLAIMED_AT_ONCE} FOR UPDATE SKIP LOCKED)) AND lease_until < now()`;
const LOST_MESSAGE = 'Rendering was given up: the process that worked on this photo died again and again';

/**
 * The record of every render, and the truth about it: queues only carry ids. Every change of a started render names
 * the lease it is made under; it returns false, changing nothing, when that lease is not the newest any more.
 */
@Injectable()
export class RenderRepository {
  constructor(private readonly dataSource: DataSource) {}

  /**
   * Records an owner's asset and its queued render, both or none, at the next place of its client in the fair order. The limits
   * hold whatever else is submitted at this moment; without them any number may wait.
   * @throws OverloadError as {@link assertRoom}
   */
  create(
    ownerId: string,
    asset: NewAsset,
    render: Omit<NewRender, 'assetId'>,
    limits = UNLIMITED,
  ): Promise<CreatedRender> {
    return mapDatabaseErrors(() =>
      this.dataSource.transaction(async (manager) => {
        await insertAsset(manager, ownerId, asset);
        return insertRender(manager, ownerId, { ...render, assetId: asset.id }, limits);
      }),
    );
  }

  /**
   * Whether another render of the client may be queued now.
   * @throws OverloadError `too_many_requests` when it has as many queued as a client may, `overloaded` when all have
   */
  async assertRoom(client: string, { total, perClient }: WaitingLimits): Promise<void> {
    if (total === 0 && perClient === 0) return;
    const [refusal] = await mapDatabaseErrors(() =>
      this.dataSource.query<RefusalRow[]>('SELECT code, retry_after FROM queue_refusal($1, $2, $3)', [
        ...[client, total, perClient],
      ]),
    );
    if (refusal) throw refusalError(refusal);
  }

  /** A render of this owner; null as well when it is another's. */
  findOf(ownerId: string, id: string): Promise<Render | null> {
    return this.findWhere({ id, ownerId });
  }

  /** Any owner's: for what works for the whole deployment. */
  find(id: string): Promise<Render | null> {
    return this.findWhere({ id });
  }

  /** Notes the job that was added for a render; not when the render has been given another one meanwhile. */
  async recordQueueJob(id: string, queueJobId: string): Promise<void> {
    await this.change(
      `UPDATE renders SET queue_job_id = $2, updated_at = now()
        WHERE id = $1 AND id::text || '-' || queue_generation = $2 RETURNING id`,
      [id, queueJobId],
    );
  }

  /** Takes a render that is queued, or whose lease has run out, for `leaseMs`; first reclaims it as {@link reclaimExpired}. */
  async claim(id: string, leaseMs: number, maxLost: number): Promise<RenderClaim> {
    const [reclaimed] = await this.failOrRequeueWhere('id = $3 AND lease_until < now()', maxLost, [id]);
    const token = randomUUID();
    const [claimed] = await this.change<{ attempt: number; result_token: string | null }>(
      `UPDATE renders
          SET status = 'started', attempt = attempt + 1, lease_token = $2, lease_until = ${until('$3')},
              started_at = now(), progress = 0, updated_at = now()
        WHERE id = $1 AND status = 'queued'
        RETURNING attempt, result_token`,
      [id, token, leaseMs],
    );
    const render = await this.find(id);
    if (!claimed || !render) return { kind: render?.status === 'started' ? 'held' : 'ended', reclaimed };
    const lease = { renderId: id, token, attempt: claimed.attempt };
    if (claimed.result_token === null) return { kind: 'render', render, lease, reclaimed };
    return { kind: 'publish', render, lease, resultToken: claimed.result_token, reclaimed };
  }

  /** Keeps the lease for another `leaseMs` and records the progress, percent 0..100. */
  renew(lease: RenderLease, percent: number, leaseMs: number): Promise<boolean> {
    return this.updateIfLeaseHeld(lease, `progress = $3, lease_until = ${until('$4')}`, [percent, leaseMs]);
  }

  /** Declares this attempt's result to be the one. */
  commitResult(lease: RenderLease, result: RenderResult): Promise<boolean> {
    const metadata = JSON.stringify({ ...result.metadata, file: result.file });
    return this.updateIfLeaseHeld(
      lease,
      `result_token = $2, output_minio_key = $3, preview_minio_key = $4, pipeline_version = $5, duration_ms = $6,
       metadata = metadata || $7::jsonb`,
      [result.outputKey, result.previewKey, result.pipelineVersion, result.durationMs, metadata],
      'result_token IS NULL',
    );
  }

  /** Ends a sealed render whose files are in their place. */
  complete(lease: RenderLease): Promise<boolean> {
    return this.updateIfLeaseHeld(
      lease,
      `status = 'completed', completed_at = now(), progress = 100, lease_token = NULL, lease_until = NULL`,
      [],
      'result_token IS NOT NULL',
    );
  }

  fail(lease: RenderLease, { code, message }: FailureReason): Promise<boolean> {
    return this.updateIfLeaseHeld(
      lease,
      `status = 'failed', error_code = $3, error_message = $4, completed_at = now(), lease_token = NULL, lease_until = NULL`,
      [code, message],
    );
  }

  /** Back to the queue, for another try. */
  release(lease: RenderLease): Promise<boolean> {
    return this.updateIfLeaseHeld(
      lease,
      `status = 'queued', started_at = NULL, progress = 0, lease_token = NULL, lease_until = NULL`,
    );
  }

  /**
   * Does as {@link recordCrash} with every render whose lease has run out: its whole worker was lost. Any number of
   * processes may do so at once.
   */
  async reclaimExpired(maxLost: number): Promise<ReclaimedRender[]> {
    const reclaimed: ReclaimedRender[] = [];
    for (;;) {
      const page = await this.failOrRequeueWhere(EXPIRED, maxLost);
      reclaimed.push(...page);
      if (page.length < RECLAIMED_AT_ONCE) return reclaimed;
    }
  }

  /**
   * Back to the queue because the process that rendered has died, unless that was the `maxLost`th time: then the photo
   * is poison and the render fails. Null when the lease is not the newest any more.
   */
  async recordCrash({ renderId, token }: RenderLease, maxLost: number): Promise<ReclaimedRender['status'] | null> {
    const [lost] = await this.failOrRequeueWhere('id = $3 AND lease_token = $4', maxLost, [renderId, token]);
    return lost?.status ?? null;
  }

  /**
   * The next `limit` queued renders that nothing has changed for `idleMs`, longest waiting first, after the position
   * given: their job may be lost. Renders that the API is just accepting are left out.
   */
  listStaleQueued(idleMs: number, limit: number, after?: Cursor): Promise<QueuedRender[]> {
    const following = beyond(after, [WAITING_SINCE, 'id'], '>', 3);
    return mapDatabaseErrors(() =>
      this.dataSource.query<QueuedRender[]>(
        `SELECT ${JOB}, json_build_object('at', ${exactTime(WAITING_SINCE)}, 'id', r.id) AS position,
                queue_generation AS generation, queue_job_id AS "queueJobId", queue_rank AS rank
           FROM renders r
          WHERE status = 'queued' AND updated_at <= now() - make_interval(secs => $1::double precision / 1000)
            AND NOT (${BEING_ACCEPTED}) AND ${following.where}
          ORDER BY ${WAITING_SINCE}, id LIMIT $2`,
        [idleMs, limit, ...following.values],
      ),
    );
  }

  /**
   * Counts another job for each of these renders that is still queued with the job given, and records its id; only then
   * may the queue get it. Of two callers one wins. @returns the ids of the renders that changed
   */
  async assignNextJobs(renders: readonly QueuedRender[]): Promise<ReadonlySet<string>> {
    const rows = await this.change<{ id: string }>(
      `UPDATE renders r
          SET queue_generation = next.generation, queue_job_id = next.queue_job_id, updated_at = now()
         FROM unnest($1::uuid[], $2::integer[], $3::text[]) AS next (id, generation, queue_job_id)
        WHERE r.id = next.id AND r.status = 'queued' AND r.queue_generation = next.generation - 1
        RETURNING r.id`,
      [
        renders.map(({ job }) => job.renderId),
        renders.map(({ generation }) => generation + 1),
        renders.map(({ job, generation }) => queueJobIdOf(job.renderId, generation + 1)),
      ],
    );
    return new Set(rows.map(({ id }) => id));
  }

  /**
   * Keeps ranks within what queues can order by: once the present is at `threshold`, it is moved back to 1 and all ranks
   * with it. Queued renders then lack a job. @returns how many renders changed, mostly 0
   */
  async rebaseRanks(threshold: number): Promise<number> {
    const [{ rebased }] = await mapDatabaseErrors(() =>
      this.dataSource.query<{ rebased: string }[]>('SELECT rebase_queue_ranks($1) AS rebased', [threshold]),
    );
    return Number(rebased);
  }

  /** @param condition may use $3 and on */
  private async failOrRequeueWhere(
    condition: string,
    maxLost: number,
    values: unknown[] = [],
  ): Promise<ReclaimedRender[]> {
    const poison = 'lost_attempts + 1 >= $1 AND result_token IS NULL';
    const rows = await this.change<Omit<ReclaimedRender, 'requestId'> & { request_id: string | null }>(
      `UPDATE renders
          SET lost_attempts = lost_attempts + 1, lease_token = NULL, lease_until = NULL, progress = 0, updated_at = now(),
              started_at = CASE WHEN ${poison} THEN started_at END,
              status = CASE WHEN ${poison} THEN 'failed' ELSE 'queued' END,
              error_code = CASE WHEN ${poison} THEN 'poison_photo' END,
              error_message = CASE WHEN ${poison} THEN $2 END,
              completed_at = CASE WHEN ${poison} THEN now() END
        WHERE status = 'started' AND ${condition}
        RETURNING id, status, (SELECT slug FROM styles WHERE styles.id = style_id) AS style, request_id`,
      [maxLost, LOST_MESSAGE, ...values],
    );
    return rows.map(({ request_id, ...render }) => ({ ...render, requestId: request_id ?? undefined }));
  }

  private findWhere(where: FindOptionsWhere<Render>): Promise<Render | null> {
    const relations = { asset: true, style: true, sizePreset: true };
    return mapDatabaseErrors(() => this.dataSource.getRepository(Render).findOne({ where, relations }));
  }

  /** Compare and set: the row changes only while the lease is its newest. @param changes may use $3 and on */
  private async updateIfLeaseHeld(
    { renderId, token }: RenderLease,
    changes: string,
    values: unknown[] = [],
    condition = 'true',
  ): Promise<boolean> {
    const rows = await this.change(
      `UPDATE renders SET ${changes}, updated_at = now()
        WHERE id = $1 AND lease_token = $2 AND status = 'started' AND ${condition} RETURNING id`,
      [renderId, token, ...values],
    );
    return rows.length === 1;
  }

  private async change<Row>(statement: string, values: unknown[]): Promise<Row[]> {
    const [rows] = await mapDatabaseErrors(() => this.dataSource.query<[Row[], number]>(statement, values));
    return rows;
  }
}

/** SQL for a moment that number of milliseconds from now, by the clock of the database alone. */
function until(milliseconds: string): string {
  return `now() + make_interval(secs => ${milliseconds}::double precision / 1000)`;
}
