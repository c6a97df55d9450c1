import { Injectable } from '@nestjs/common';
import { LEADER_TASKS, LeaderLock, type LeaderTask } from '#core';
import { DataSource } from 'typeorm';
import { mapDatabaseErrors } from './database-errors.js';

/** First half of the lock's key, so that it meets no other application's. */
const NAMESPACE = 7_063_383;

/** By session advisory locks: PostgreSQL gives a lock back when its holder's connection ends, however it ends. */
@Injectable()
export class AdvisoryLeaderLock extends LeaderLock {
  constructor(private readonly dataSource: DataSource) {
    super();
  }

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
