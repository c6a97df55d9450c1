import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { mapDatabaseErrors } from '../database-errors.js';

/** Beyond it a doubled pause is longer than any period. */
const MAX_DOUBLINGS = 20;

/**
 * When the next sweep of the object store is due, by the database and its clock: one a period for the whole deployment,
 * however many workers look. What a worker does about it is excluded from others by {@link Leadership}.
 */
@Injectable()
export class SweepSchedule {
  constructor(private readonly dataSource: DataSource) {}

  /** Whether the last measurement is older than the period, or there is none, and no attempt that failed asks for a pause. */
  async isDue(periodMs: number): Promise<boolean> {
    // A pause is never longer than the period: one noted under a longer period is cut short.
    const [{ due }] = await this.query<{ due: boolean }>(
      `SELECT NOT EXISTS (SELECT 1 FROM storage_usage WHERE measured_at > now() - $1 * interval '1 ms')
          AND NOT EXISTS (SELECT 1 FROM sweep_attempts
                           WHERE not_before > now() AND not_before <= now() + $1 * interval '1 ms') AS due`,
      [periodMs],
    );
    return due;
  }

  /**
   * Notes an attempt. Unless it succeeds, no other is due for a pause that doubles with each attempt in a row, up to the
   * period: also when the process that makes it dies.
   */
  async begin(firstPauseMs: number, periodMs: number): Promise<void> {
    await this.query(
      `INSERT INTO sweep_attempts (id, attempts, not_before)
       VALUES (1, 1, now() + least($1::float8, $2::float8) * interval '1 ms')
       ON CONFLICT (id) DO UPDATE SET
         attempts = sweep_attempts.attempts + 1,
         not_before =
           now() + least($1::float8 * 2 ^ least(sweep_attempts.attempts, ${MAX_DOUBLINGS}), $2::float8) * interval '1 ms'`,
      [firstPauseMs, periodMs],
    );
  }

  /** Lets no attempt be due for a time: this one has found that it must not go on. */
  async postpone(pauseMs: number): Promise<void> {
    await this.query(`UPDATE sweep_attempts SET not_before = now() + $1 * interval '1 ms' WHERE id = 1`, [pauseMs]);
  }

  /** Forgets the attempts: one has succeeded, and after that the measurement decides when the next is due. */
  async succeeded(): Promise<void> {
    await this.query('DELETE FROM sweep_attempts', []);
  }

  private query<Row>(text: string, values: unknown[]): Promise<Row[]> {
    return mapDatabaseErrors(() => this.dataSource.query<Row[]>(text, values));
  }
}
