import type { RenderQueue } from '#core';
import type { QueuedRender, RenderRepository } from '#persistence';

/**
 * Gives each of these queued renders another job, unless its row has changed since it was read. The row gets the new job's
 * id before the queue gets the job: broken off in between, the next look finds that the queue lacks it, and no render ever
 * has two jobs that wait.
 * @returns those that got one
 * @throws DependencyError
 */
export async function restoreJobs(
  lost: readonly QueuedRender[],
  renders: RenderRepository,
  queue: RenderQueue,
): Promise<QueuedRender[]> {
  const restored = await assignJobs(lost, renders);
  await queue.enqueueAll(restored);
  return restored;
}

/**
 * The first half of {@link restoreJobs}: the rows get the ids of jobs that the caller adds to the queue afterwards.
 * @returns those whose row has not changed since it was read, with their new generation
 * @throws DependencyError
 */
export async function assignJobs(lost: readonly QueuedRender[], renders: RenderRepository): Promise<QueuedRender[]> {
  if (lost.length === 0) return [];
  const assigned = await renders.assignNextJobs(lost);
  return lost
    .filter(({ job }) => assigned.has(job.renderId))
    .map((render) => ({ ...render, generation: render.generation + 1 }));
}

/** Those whose job is not among the live ones. */
export function withoutLiveJob(page: readonly QueuedRender[], live: ReadonlySet<string>): QueuedRender[] {
  return page.filter(({ queueJobId }) => queueJobId === null || !live.has(queueJobId));
}

/** The ids of the jobs that these renders should have. */
export function jobIdsOf(page: readonly { readonly queueJobId: string | null }[]): string[] {
  return page.flatMap(({ queueJobId }) => queueJobId ?? []);
}
