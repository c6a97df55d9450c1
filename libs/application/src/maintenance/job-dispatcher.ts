import { PopRenderError, type QueueOperations, type RenderQueue } from '#core';
import type { RenderRepository, RequeuedRender } from '#persistence';

/**
 * Gives renders that were put back their jobs. Once the queue has refused, it is asked no more: the workers' reconciler
 * gives them theirs when the queue is back.
 */
export class JobDispatcher {
  private refused?: PopRenderError;

  constructor(
    private readonly renders: RenderRepository,
    private readonly queue: RenderQueue,
    private readonly operations: QueueOperations,
  ) {}

  /** Why the queue took no job. */
  get refusal(): PopRenderError | undefined {
    return this.refused;
  }

  /** @returns whether the render has its job; its previous, failed job is removed */
  async dispatch({ job, generation, rank, formerJobId }: RequeuedRender): Promise<boolean> {
    if (this.refused) return false;
    try {
      const jobId = await this.queue.enqueue(job, generation, rank);
      await this.renders.recordQueueJob(job.renderId, jobId);
      if (formerJobId !== null) await this.operations.removeFailed(formerJobId);
      return true;
    } catch (error) {
      if (!(error instanceof PopRenderError) || error.code !== 'queue_unavailable') throw error;
      this.refused = error;
      return false;
    }
  }
}
