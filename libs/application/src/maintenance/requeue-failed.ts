import { attemptKey, type ObjectStore } from '#core';
import type { RenderOperations } from '#persistence';
import { mapConcurrent } from './map-concurrent.js';
import type { JobDispatcher } from './job-dispatcher.js';

const AT_ONCE = 10;

/** A failed render that shall be tried again, and its result if it had one. */
export interface FailedRender {
  readonly id: string;
  readonly resultToken: string | null;
}

export interface RequeuePorts {
  readonly operations: RenderOperations;
  readonly jobs: JobDispatcher;
  /** Asked for only when a render has a result. */
  readonly objects: () => Promise<ObjectStore>;
}

export interface RequeueOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number) => void;
}

export interface RequeueOutcome {
  readonly requeued: readonly string[];
  /** Of these, how many have no job yet: the queue is down, and workers add them once it is up. */
  readonly withoutJob: number;
  /** Not failed any more when their turn came. */
  readonly skipped: readonly string[];
}

/**
 * Puts failed renders back and gives them jobs. Safe to repeat and to break off: a render is either untouched or queued.
 * @throws DependencyError when the database is unavailable, or the storage while a render with a result is requeued
 */
export async function requeueFailed(
  pages: AsyncIterable<readonly FailedRender[]>,
  ports: RequeuePorts,
  { signal, onProgress }: RequeueOptions = {},
): Promise<RequeueOutcome> {
  const requeued: string[] = [];
  const skipped: string[] = [];
  let withoutJob = 0;
  const requeueOne = async (render: FailedRender): Promise<void> => {
    const waiting = await ports.operations.requeue(render.id, await resultIsThere(render, ports));
    if (waiting === null) skipped.push(render.id);
    else {
      requeued.push(render.id);
      if (!(await ports.jobs.dispatch(waiting))) withoutJob++;
    }
    onProgress?.(requeued.length + skipped.length);
  };
  for await (const page of pages) {
    await mapConcurrent(page, AT_ONCE, requeueOne, signal);
    if (signal?.aborted) break;
  }
  return { requeued, withoutJob, skipped };
}

/**
 * A committed result is kept while its files are there, for then they only have to be published; once they are swept
 * the photo has to be rendered again.
 */
async function resultIsThere({ id, resultToken }: FailedRender, { objects }: RequeuePorts): Promise<boolean> {
  if (resultToken === null) return false;
  const store = await objects();
  const files = ['output.tiff', 'preview.jpg'] as const;
  const found = await Promise.all(files.map((file) => store.stat(attemptKey(id, resultToken, file))));
  return found.every((file) => file !== null);
}
