import type { FailedJob, QueueOperations } from '#core';
import { mapConcurrent } from './map-concurrent.js';

const PAGE = 200;
const AT_ONCE = 20;

/** Failed jobs of the queue that failed before a moment, oldest failure first. */
export async function* failedJobs(queue: QueueOperations, before: Date): AsyncGenerator<FailedJob> {
  for (let offset = 0; ; offset += PAGE) {
    const page = await queue.listFailed(offset, PAGE);
    for (const job of page) {
      if (job.finishedAt >= before) return;
      yield job;
    }
    if (page.length < PAGE) return;
  }
}

/**
 * Removes failed jobs by their ids; what has failed since, or waits again, stays.
 * @returns how many are gone by this
 */
export async function removeFailedJobs(
  queue: QueueOperations,
  jobIds: readonly string[],
  { signal, onProgress }: { readonly signal?: AbortSignal; readonly onProgress?: (done: number) => void } = {},
): Promise<number> {
  let [removed, done] = [0, 0];
  const remove = async (id: string): Promise<void> => {
    if (await queue.removeFailed(id)) removed++;
    onProgress?.(++done);
  };
  await mapConcurrent(jobIds, AT_ONCE, remove, signal);
  return removed;
}
