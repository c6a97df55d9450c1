import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { mapDatabaseErrors } from '../database-errors.js';
import { type Cursor, exactTime } from '../cursor.js';

export interface ReconcilerRound {
  /** Where the previous round stopped; undefined at the beginning of the queue. */
  readonly after?: Cursor;
  /** Whether the counts of the renders have not been compared with the rows for an hour. */
  readonly isRecountDue: boolean;
}

interface RoundRow {
  readonly at: string | null;
  readonly id: string | null;
  readonly is_recount_due: boolean;
}

/** How far the reconciler of a deployment has got, whichever of its processes ran the previous round. */
@Injectable()
export class ReconcilerProgressRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** Starts a round unless one has started less than `periodMs` ago. @returns null when it is too early */
  async startRound(periodMs: number): Promise<ReconcilerRound | null> {
    const [[row]] = await mapDatabaseErrors(() =>
      this.dataSource.query<[RoundRow[], number]>(
        `UPDATE reconciler_progress SET round_started_at = now()
          WHERE round_started_at <= now() - make_interval(secs => $1::double precision / 1000)
          RETURNING ${exactTime('waiting_since')} AS at, render_id AS id, recounted_at < now() - interval '1 hour' AS is_recount_due`,
        [periodMs],
      ),
    );
    if (!row) return null;
    const { at, id, is_recount_due: isRecountDue } = row;
    return { ...(at !== null && id !== null ? { after: { at, id } } : {}), isRecountDue };
  }

  async recordPosition(position?: Cursor): Promise<void> {
    await mapDatabaseErrors(() =>
      this.dataSource.query('UPDATE reconciler_progress SET waiting_since = $1::timestamptz, render_id = $2', [
        position?.at ?? null,
        position?.id ?? null,
      ]),
    );
  }

  async recordRecount(): Promise<void> {
    await mapDatabaseErrors(() => this.dataSource.query('UPDATE reconciler_progress SET recounted_at = now()'));
  }
}
