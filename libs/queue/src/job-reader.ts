import type { QueueCounts } from '#core';

/**
 * Reads jobs where BullMQ keeps them. BullMQ itself looks up one job at a time, on Redis by a search through the list of
 * all that wait, and on PostgreSQL counts every row (ADR 24).
 */
export interface JobReader {
  /** Which of these jobs wait or run, by their keys. */
  findLive(ids: readonly string[]): Promise<ReadonlySet<string>>;
  /** All jobs that wait or run, at one moment. */
  listLive(): Promise<ReadonlySet<string>>;
  counts(): Promise<QueueCounts>;
}
