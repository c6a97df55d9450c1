import { WorkerHost } from '@nestjs/bullmq';
import { type JobContext, RenderError } from '#core';
import type { Job } from 'bullmq';
import type { QueueWorker } from './queue-worker.js';

/**
 * The consuming end of a declared queue: a subclass with `@Processor(QUEUE.name)` handles its jobs once
 * `QueueConsumers.start()` was called. (`@Processor` includes `@Injectable`.)
 */
export abstract class QueueProcessor<Payload> extends WorkerHost<QueueWorker> {
  /** Handles one attempt of a job. @throws Error that leads to another attempt when it is retryable, else fails the job */
  abstract handle(payload: Payload, context: JobContext): Promise<void>;

  /** Called by BullMQ, which passes a signal only to functions of three parameters. */
  override process(job: Job<Payload>, _token: string | undefined, signal?: AbortSignal): Promise<void> {
    return this.handle(job.data, { number: job.attemptsMade + 1, signal: abortedWithRenderError(signal!) });
  }
}

function abortedWithRenderError(signal: AbortSignal): AbortSignal {
  const controller = new AbortController();
  const abort = (): void => controller.abort(new RenderError('render_aborted', String(signal.reason)));
  if (signal.aborted) abort();
  else signal.addEventListener('abort', abort, { once: true });
  return controller.signal;
}
