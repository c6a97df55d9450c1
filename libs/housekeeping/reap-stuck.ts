import type { RenderOperations, StuckFate } from '#core';
import type { JobGiver } from './job-giver.js';

export interface ReapOutcome {
  readonly failed: readonly string[];
  readonly requeued: readonly string[];
  /** Ended, or taken up anew, when their turn came. */
  readonly skipped: readonly string[];
}

/**
 * Takes renders away from workers that hang: from then on these can write nothing. What is rendered already goes back to
 * be published, whatever fate the others have.
 * @throws DependencyError when the database is away
 */
export async function reapStuck(
  ids: readonly string[],
  olderThanMs: number,
  fate: StuckFate,
  { operations, jobs }: { readonly operations: RenderOperations; readonly jobs: JobGiver },
  signal?: AbortSignal,
): Promise<ReapOutcome> {
  const outcome = { failed: [] as string[], requeued: [] as string[], skipped: [] as string[] };
  for (const id of ids) {
    if (signal?.aborted) break;
    const reaped = await operations.reap(id, olderThanMs, fate);
    if (reaped === null) outcome.skipped.push(id);
    else if (reaped.status === 'failed') outcome.failed.push(id);
    else {
      outcome.requeued.push(id);
      await jobs.give(reaped.requeued);
    }
  }
  return outcome;
}
