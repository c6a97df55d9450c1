import { Injectable } from '@nestjs/common';
import { type RenderStatus } from '#core';
import { DataSource, QueryFailedError } from 'typeorm';
import { beyond, type Cursor } from '../cursor.js';
import { mapDatabaseErrors } from '../database-errors.js';
import { RENDER_COUNTS, type RenderCountRow, toCounts } from './render-counts.js';
import { JOB } from './render-job.js';
import { Render } from './render.entity.js';
import { OLDEST_QUEUED_SECONDS } from './backlog-age.js';
import {
  type Conditions,
  conditionsOf,
  type RenderGroup,
  type RenderGrouping,
  type RenderSelection,
} from './render-selection.js';
import type { RequeuedRender } from './queued-render.js';

/** What becomes of a render that is taken from a worker that hangs. */
export type StuckAction = { readonly kind: 'requeue' } | { readonly kind: 'fail'; readonly message: string };

/** What came of it: one that is rendered already is never failed. */
export type RecoveredRender =
  { readonly status: 'failed' } | { readonly status: 'queued'; readonly requeued: RequeuedRender };

/** The rows' account of the work, by the clock of the database. */
export interface RenderForecast {
  readonly byStatus: Readonly<Record<RenderStatus, number>>;
  /** Seconds since the queued render that waits longest was accepted or requeued; 0 when none waits. */
  readonly oldestQueuedSeconds: number;
  readonly lastCompletedAt: Date | null;
  readonly completedLastHour: number;
  readonly failedLastHour: number;
}

const GROUP_COLUMNS: Record<RenderGrouping, string> = {
  error: `coalesce(concat_ws(': ', r.error_code, r.error_message), '')`,
  style: 's.slug',
  status: 'r.status',
};

/** Gives up whatever a render was in the middle of; it waits for a job of another generation. */
const WAITING_AGAIN = `status = 'queued', started_at = NULL, progress = 0, lease_token = NULL, lease_until = NULL,
  queue_generation = queue_generation + 1, queue_job_id = NULL, updated_at = now()`;

type Order = Record<string, 'ASC' | 'DESC'>;

const INVALID_REGULAR_EXPRESSION = '2201B';

/**
 * What operators ask and do about renders, beside the way that a render usually takes. An operation that takes a render from
 * a worker voids the worker's lease: it can write nothing any more.
 */
@Injectable()
export class RenderOperations {
  constructor(private readonly dataSource: DataSource) {}

  /** @param limit counts only the oldest up to this number, as {@link listOldest} has them */
  async count(selection: RenderSelection, by: RenderGrouping, limit?: number): Promise<RenderGroup[]> {
    if (by === 'status' && limit === undefined && isOfAll(selection)) return this.countByStatus();
    const { where, values } = await this.conditions(selection);
    const oldest = limit === undefined ? '' : `ORDER BY r.created_at, r.id LIMIT ${limit}`;
    return this.read<RenderGroup>(
      `SELECT name, count(*)::integer AS count
         FROM (SELECT ${GROUP_COLUMNS[by]} AS name FROM renders r JOIN styles s ON s.id = r.style_id
                WHERE ${where} ${oldest}) meant
        GROUP BY name ORDER BY 2 DESC, 1`,
      values,
    );
  }

  /** Newest first, after the one that the cursor is of. */
  list(selection: RenderSelection, limit: number, after?: Cursor): Promise<Render[]> {
    return this.page(selection, 'DESC', limit, after);
  }

  /** The same, oldest first. */
  listOldest(selection: RenderSelection, limit: number, after?: Cursor): Promise<Render[]> {
    return this.page(selection, 'ASC', limit, after);
  }

  async find(id: string): Promise<Render | null> {
    const [render] = await this.select({ where: 'r.id = $1', values: [id] }, {}, 1);
    return render ?? null;
  }

  /**
   * Puts a failed render back: its error and its counters are cleared, what they were is kept as its history.
   * @param keepResult whether a result it has is still there, so that it only has to be published
   * @returns null, changing nothing, when it is not failed
   */
  requeue(id: string, keepResult: boolean): Promise<RequeuedRender | null> {
    const forget = keepResult
      ? ''
      : `result_token = NULL, output_minio_key = NULL, preview_minio_key = NULL, duration_ms = NULL,
         pipeline_version = NULL, `;
    return mapDatabaseErrors(() =>
      this.dataSource.transaction(async (manager) => {
        // The database refuses to bring a failed render back unless its operator sets this.
        await manager.query("SET LOCAL pop_render.requeue = 'on'");
        const [rows] = await manager.query<[RequeuedRender[], number]>(
          `WITH former AS (SELECT id AS former_id, queue_job_id AS former_job_id FROM renders WHERE id = $1 FOR UPDATE)
           UPDATE renders r
              SET ${forget}${WAITING_AGAIN}, requeued_at = now(), lost_attempts = 0, completed_at = NULL,
                  error_code = NULL, error_message = NULL,
                  metadata = metadata - 'archived' || jsonb_build_object(
                    'requeues', coalesce((metadata ->> 'requeues')::integer, 0) + 1,
                    'last_failure', jsonb_build_object(
                      'error_code', error_code, 'error_message', error_message, 'failed_at', completed_at))
             FROM former
            WHERE r.id = former_id AND r.status = 'failed'
            RETURNING ${REQUEUED}`,
          [id],
        );
        return rows[0] ?? null;
      }),
    );
  }

  /** Started before that time, oldest first: with a lease that lives, their worker hangs. */
  listStuck(olderThanMs: number, limit: number): Promise<Render[]> {
    const stuck = { where: stuckFor('$1'), values: [olderThanMs] };
    return this.select(stuck, { 'r.startedAt': 'ASC', 'r.id': 'ASC' }, limit);
  }

  /** Takes a render from its worker. @returns null, changing nothing, when it is not stuck any more */
  async recoverStuck(id: string, olderThanMs: number, fate: StuckAction): Promise<RecoveredRender | null> {
    const isWanted = `id = $1 AND ${stuckFor('$2')}`;
    if (fate.kind === 'fail') {
      const failed = await this.change(
        `UPDATE renders r
            SET status = 'failed', error_code = 'render_timeout', error_message = $3, completed_at = now(),
                lease_token = NULL, lease_until = NULL, updated_at = now()
          WHERE ${isWanted} AND result_token IS NULL RETURNING id`,
        [id, olderThanMs, fate.message],
      );
      if (failed.length === 1) return { status: 'failed' };
    }
    const [row] = await this.change<RequeuedRender>(
      `WITH former AS (SELECT id AS former_id, queue_job_id AS former_job_id FROM renders WHERE id = $1 FOR UPDATE)
       UPDATE renders r SET ${WAITING_AGAIN}, lost_attempts = lost_attempts + 1
         FROM former
        WHERE ${isWanted} AND former_id = id RETURNING ${REQUEUED}`,
      [id, olderThanMs],
    );
    return row ? { status: 'queued', requeued: row } : null;
  }

  /** How many {@link dismissFailed} would mark. */
  async countFailedToArchive(olderThanMs: number): Promise<number> {
    const [{ count }] = await this.read<{ count: number }>(
      `SELECT count(*)::integer AS count FROM renders r WHERE ${failedToArchive('$1')}`,
      [olderThanMs],
    );
    return count;
  }

  /** Marks renders as archived that failed before that time. @returns how many were not yet */
  async dismissFailed(olderThanMs: number): Promise<number> {
    const rows = await this.change(
      `UPDATE renders r SET metadata = jsonb_set(metadata, '{archived}', 'true', true), updated_at = now()
        WHERE ${failedToArchive('$1')} RETURNING id`,
      [olderThanMs],
    );
    return rows.length;
  }

  async backlog(): Promise<RenderForecast> {
    const byStatus = toCounts(await this.read<RenderCountRow>(RENDER_COUNTS));
    // Each by its index: there may be millions of rows, and few are of today.
    const lastHour = (status: RenderStatus): string =>
      `(SELECT count(*) FROM renders WHERE status = '${status}' AND completed_at > now() - interval '1 hour')::integer`;
    const [ages] = await this.read<Omit<RenderForecast, 'byStatus'>>(
      `SELECT ${OLDEST_QUEUED_SECONDS} AS "oldestQueuedSeconds",
              (SELECT max(completed_at) FROM renders WHERE status = 'completed') AS "lastCompletedAt",
              ${lastHour('completed')} AS "completedLastHour",
              ${lastHour('failed')} AS "failedLastHour"`,
    );
    return { byStatus, ...ages };
  }

  private async countByStatus(): Promise<RenderGroup[]> {
    const counts = Object.entries(toCounts(await this.read<RenderCountRow>(RENDER_COUNTS)));
    const groups = counts.filter(([, count]) => count > 0).map(([name, count]) => ({ name, count }));
    return groups.sort((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1));
  }

  private async page(
    selection: RenderSelection,
    direction: 'ASC' | 'DESC',
    limit: number,
    after?: Cursor,
  ): Promise<Render[]> {
    const { where, values } = await this.conditions(selection);
    const following = beyond(after, ['r.created_at', 'r.id'], direction === 'ASC' ? '>' : '<', values.length + 1);
    return this.select(
      { where: `${where} AND ${following.where}`, values: [...values, ...following.values] },
      { 'r.createdAt': direction, 'r.id': direction },
      limit,
    );
  }

  private async conditions(selection: RenderSelection): Promise<Conditions> {
    const { errorPattern } = selection;
    return conditionsOf(selection, errorPattern !== undefined && (await this.isPattern(errorPattern)));
  }

  /** Whether the database reads a text as a regular expression. */
  private async isPattern(text: string): Promise<boolean> {
    try {
      await this.read('SELECT $1::text ~ $2::text', ['', text]);
      return true;
    } catch (error) {
      const state = error instanceof QueryFailedError ? sqlStateOf(error.driverError) : undefined;
      if (state === INVALID_REGULAR_EXPRESSION) return false;
      throw error;
    }
  }

  /** @param conditions over `renders` as `r` and `styles` as `s`, with placeholders of the values as PostgreSQL has them */
  private select({ where, values }: Conditions, order: Order, limit: number): Promise<Render[]> {
    const named = where.replace(/\$(\d+)/g, ':value$1');
    return mapDatabaseErrors(() =>
      this.dataSource
        .createQueryBuilder(Render, 'r')
        .innerJoinAndSelect('r.style', 's')
        .innerJoinAndSelect('r.sizePreset', 'p')
        .innerJoinAndSelect('r.asset', 'a')
        .where(named, Object.fromEntries(values.map((value, i) => [`value${i + 1}`, value])))
        .orderBy(order)
        .limit(limit)
        .getMany(),
    );
  }

  private read<Row>(statement: string, values: readonly unknown[] = []): Promise<Row[]> {
    return mapDatabaseErrors(() => this.dataSource.query<Row[]>(statement, [...values]));
  }

  private async change<Row>(statement: string, values: unknown[]): Promise<Row[]> {
    const [rows] = await mapDatabaseErrors(() => this.dataSource.query<[Row[], number]>(statement, values));
    return rows;
  }
}

/** Whether a selection leaves no render out. */
function isOfAll(selection: RenderSelection): boolean {
  return Object.values(selection).every((value) => value === undefined);
}

/** SQL: a `RequeuedRender`, the job it had before being `former_job_id`. */
const REQUEUED = `${JOB}, r.queue_generation AS generation, r.queue_rank AS rank, former_job_id AS "formerJobId"`;

/** @param milliseconds placeholder of a value */
function ago(milliseconds: string): string {
  return `now() - make_interval(secs => ${milliseconds}::double precision / 1000)`;
}

/** @param milliseconds placeholder of a value */
function stuckFor(milliseconds: string): string {
  return `r.status = 'started' AND r.started_at < ${ago(milliseconds)}`;
}

/** @param milliseconds placeholder of a value */
function failedToArchive(milliseconds: string): string {
  return `r.status = 'failed' AND r.completed_at < ${ago(milliseconds)}
    AND r.metadata -> 'archived' IS DISTINCT FROM 'true'`;
}

function sqlStateOf(driverError: unknown): string | undefined {
  return (driverError as { code?: string }).code;
}
