import type { RenderOperations, StuckAction } from '#persistence';
import type { JobDispatcher } from './job-dispatcher.js';

export interface RecoveryOutcome {
  readonly failed: readonly string[];
  readonly requeued: readonly string[];
  /** Ended, or taken up anew, when their turn came. */
  readonly skipped: readonly string[];
}

/**
 * Revokes renders from workers that hang, which can write nothing after that. What is rendered already goes back to
 * be published, whatever fate the others have.
 * @throws DependencyError when the database is unavailable
 */
export async function recoverStuck(
  ids: readonly string[],
  olderThanMs: number,
  fate: StuckAction,
  { operations, jobs }: { readonly operations: RenderOperations; readonly jobs: JobDispatcher },
  signal?: AbortSignal,
): Promise<RecoveryOutcome> {
  const outcome = { failed: [] as string[], requeued: [] as string[], skipped: [] as string[] };
  for (const id of ids) {
    if (signal?.aborted) break;
    const recovered = await operations.recoverStuck(id, olderThanMs, fate);
    if (recovered === null) outcome.skipped.push(id);
    else if (recovered.status === 'failed') outcome.failed.push(id);
    else {
      outcome.requeued.push(id);
      await jobs.dispatch(recovered.requeued);
    }
  }
  return outcome;
}
