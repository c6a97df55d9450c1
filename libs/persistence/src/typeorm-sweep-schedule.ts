import { Injectable } from '@nestjs/common';
import { SweepSchedule } from '#core';
import { DataSource } from 'typeorm';
import { mapDatabaseErrors } from './database-errors.js';

/** Beyond it a doubled pause is longer than any period. */
const MAX_DOUBLINGS = 20;

@Injectable()
export class TypeOrmSweepSchedule extends SweepSchedule {
  constructor(private readonly dataSource: DataSource) {
    super();
  }

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

  async postpone(pauseMs: number): Promise<void> {
    await this.query(`UPDATE sweep_attempts SET not_before = now() + $1 * interval '1 ms' WHERE id = 1`, [pauseMs]);
  }

  async succeeded(): Promise<void> {
    await this.query('DELETE FROM sweep_attempts', []);
  }

  private query<Row>(text: string, values: unknown[]): Promise<Row[]> {
    return mapDatabaseErrors(() => this.dataSource.query<Row[]>(text, values));
  }
}
