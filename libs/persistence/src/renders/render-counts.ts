import { RENDER_STATUSES, type RenderStatus } from '#core';

export type RenderCounts = Readonly<Record<RenderStatus, number>>;

/** SQL for the number of renders in each state that has any, by the ledger that triggers keep (ADR 24). */
export const RENDER_COUNTS = 'SELECT status, sum(change)::bigint AS renders FROM render_counts GROUP BY status';

export interface RenderCountRow {
  readonly status: RenderStatus;
  /** A bigint: text in a row, a number in JSON. */
  readonly renders: string | number;
}

export function toCounts(rows: readonly RenderCountRow[]): RenderCounts {
  const none = Object.fromEntries(RENDER_STATUSES.map((status) => [status, 0])) as Record<RenderStatus, number>;
  return { ...none, ...Object.fromEntries(rows.map(({ status, renders }) => [status, Number(renders)])) };
}
