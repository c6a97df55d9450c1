import type { QueuedRender, RenderQueue, RenderStore } from '#core';

/**
 * Gives a queued render another job unless the queue holds the one it has.
 * @returns the id of the new job, null when there was no need
 * @throws DependencyError
 */
export async function restoreJob(
  { job, queueJobId }: QueuedRender,
  renders: RenderStore,
  queue: RenderQueue,
): Promise<string | null> {
  if (queueJobId !== null && (await queue.holds(queueJobId))) return null;
  const generation = await renders.nextGeneration(job.renderId);
  if (generation === null) return null;
  const newJobId = await queue.enqueue(job, generation);
  await renders.recordQueueJob(job.renderId, newJobId);
  return newJobId;
}
