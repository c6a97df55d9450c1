import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { mapDatabaseErrors } from '../database-errors.js';

export const LEADER_TASKS = ['reconcile', 'sweep', 'retention'] as const;
export type LeaderTask = (typeof LEADER_TASKS)[number];

/** First half of the lock's key, so that it meets no other application's. */
const NAMESPACE = 7_063_383;

/**
 * Work that only one process of a deployment does at a time, by session advisory locks: PostgreSQL releases a lock when its
 * holder's connection ends, however it ends.
 */
@Injectable()
export class LeaderLock {
  constructor(private readonly dataSource: DataSource) {}

  /** Runs the work if no other process is at it now. Returns whether it ran. */
  async tryRun(task: LeaderTask, work: () => Promise<void>): Promise<boolean> {
    const key = [NAMESPACE, LEADER_TASKS.indexOf(task)];
    const session = this.dataSource.createQueryRunner();
    try {
      const [{ held }] = await mapDatabaseErrors(
        () => session.query('SELECT pg_try_advisory_lock($1, $2) AS held', key) as Promise<{ held: boolean }[]>,
      );
      if (!held) return false;
      try {
        await work();
      } finally {
        await session.query('SELECT pg_advisory_unlock($1, $2)', key).catch(() => undefined);
      }
      return true;
    } finally {
      await session.release();
    }
  }
}
