import type { QueueCounts } from '#core';
import type pg from 'pg';
import type { JobReader } from './job-reader.js';

const AT_ONCE = 1_000;
const LIVE = `state IN ('waiting', 'active', 'delayed', 'waiting-children')`;

/** Jobs of one state that are counted one by one. */
export const COUNTED_EXACTLY = 10_000;

/** SQL for the number of jobs in a state, at most so many, read from the index that BullMQ has for the state. */
const countOf = (state: string, indexedBy: string): string =>
  `(SELECT count(*)::integer FROM (
     SELECT FROM job WHERE queue = $1 AND state = '${state}' ORDER BY ${indexedBy} LIMIT ${COUNTED_EXACTLY}) counted)`;

/**
 * Jobs are taken in the order of `seq`, a sequence: behind those that are counted, the numbers that are left tell how many
 * there can be at most. Fewer only where numbers were used up without a job, or a job was removed by hand.
 */
const COUNTS = `
  WITH front AS MATERIALIZED (
    SELECT seq FROM job WHERE queue = $1 AND state = 'waiting' ORDER BY priority, seq LIMIT ${COUNTED_EXACTLY})
  SELECT (SELECT count(*)::integer FROM front) AS waiting,
         ${countOf('active', 'locked_until_ms')} AS active,
         ${countOf('delayed', 'process_at_ms')} AS delayed,
         ${countOf('failed', 'finished_at_ms')} AS failed,
         (SELECT seq FROM job WHERE queue = $1 AND state = 'waiting' ORDER BY priority DESC, seq DESC LIMIT 1)
       - (SELECT max(seq) FROM front HAVING count(*) = ${COUNTED_EXACTLY}) AS beyond`;

interface CountsRow extends Omit<QueueCounts, 'isEstimate'> {
  /** A bigint, as text; null when no more wait than are counted. */
  readonly beyond: string | null;
}

/** Every job is a row of BullMQ's table `job`, on whose schema the search path of the pool is set. */
export class PostgresJobReader implements JobReader {
  constructor(
    private readonly pool: pg.Pool,
    private readonly queueName: string,
  ) {}

  async findLive(ids: readonly string[]): Promise<ReadonlySet<string>> {
    const live = new Set<string>();
    for (let i = 0; i < ids.length; i += AT_ONCE) {
      const { rows } = await this.pool.query<{ id: string }>(
        `SELECT id FROM job WHERE queue = $1 AND id = ANY ($2) AND ${LIVE}`,
        [this.queueName, ids.slice(i, i + AT_ONCE)],
      );
      for (const { id } of rows) live.add(id);
    }
    return live;
  }

  async listLive(): Promise<ReadonlySet<string>> {
    const { rows } = await this.pool.query<{ id: string }>(`SELECT id FROM job WHERE queue = $1 AND ${LIVE}`, [
      this.queueName,
    ]);
    return new Set(rows.map(({ id }) => id));
  }

  async counts(): Promise<QueueCounts> {
    const { rows } = await this.pool.query<CountsRow>(COUNTS, [this.queueName]);
    const { waiting, active, delayed, failed, beyond } = rows[0];
    const uncounted = Math.max(0, Number(beyond ?? 0));
    const counts = { waiting: waiting + uncounted, active, delayed, failed };
    const isEstimate = uncounted > 0 || [active, delayed, failed].some((count) => count >= COUNTED_EXACTLY);
    return isEstimate ? { ...counts, isEstimate } : counts;
  }
}
