import type { QueueCounts } from '#core';
import type pg from 'pg';
import type { JobReader } from './job-reader.js';

const BATCH_SIZE = 1_000;
const LIVE = `state IN ('waiting', 'active', 'delayed', 'waiting-children')`;

/** Up to this number the jobs of a state are counted at every call. */
export const COUNTED_EXACTLY = 10_000;
/** A larger count is cached until counting has taken this share of the time since. */
const COUNTING_SHARE = 1 / 50;
const MIN_CACHE_MS = 500;

/** SQL for the number of jobs in a state, up to {@link COUNTED_EXACTLY}, from BullMQ's index of that state. */
const countOf = (state: string, indexedBy: string): string =>
  `(SELECT count(*)::integer FROM (
     SELECT FROM job WHERE queue = $1 AND state = '${state}' ORDER BY ${indexedBy} LIMIT ${COUNTED_EXACTLY}) counted)`;

const COUNTS = `
  SELECT ${countOf('waiting', 'priority, seq')} AS waiting,
         ${countOf('active', 'locked_until_ms')} AS active,
         ${countOf('delayed', 'process_at_ms')} AS delayed,
         ${countOf('failed', 'finished_at_ms')} AS failed`;
const ALL_WAITING = `SELECT count(*)::integer AS waiting FROM job WHERE queue = $1 AND state = 'waiting'`;

type CountsRow = Omit<QueueCounts, 'isEstimate'>;

/** Every job is a row of BullMQ's table `job`, on whose schema the search path of the pool is set. */
export class PostgresJobReader implements JobReader {
  private allWaiting?: { readonly count: Promise<number>; validUntil: number };

  constructor(
    private readonly pool: pg.Pool,
    private readonly queueName: string,
  ) {}

  async findLive(ids: readonly string[]): Promise<ReadonlySet<string>> {
    const live = new Set<string>();
    for (let i = 0; i < ids.length; i += BATCH_SIZE) {
      const { rows } = await this.pool.query<{ id: string }>(
        `SELECT id FROM job WHERE queue = $1 AND id = ANY ($2) AND ${LIVE}`,
        [this.queueName, ids.slice(i, i + BATCH_SIZE)],
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
    const isEstimate = Object.values(rows[0]).some((count) => count >= COUNTED_EXACTLY);
    if (!isEstimate) return rows[0];
    const waiting = rows[0].waiting < COUNTED_EXACTLY ? rows[0].waiting : await this.countAllWaiting();
    return { ...rows[0], waiting, isEstimate };
  }

  /** Cached: counting a long queue is expensive. */
  private countAllWaiting(): Promise<number> {
    if (this.allWaiting && performance.now() < this.allWaiting.validUntil) return this.allWaiting.count;
    const started = performance.now();
    const count = this.pool
      .query<{ waiting: number }>(ALL_WAITING, [this.queueName])
      .then(({ rows }) => rows[0].waiting);
    const kept = { count, validUntil: Number.POSITIVE_INFINITY };
    this.allWaiting = kept;
    const expire = (validMs: number): void => void (kept.validUntil = performance.now() + validMs);
    count.then(
      () => expire(Math.max(MIN_CACHE_MS, (performance.now() - started) / COUNTING_SHARE)),
      () => expire(0),
    );
    return count;
  }
}
