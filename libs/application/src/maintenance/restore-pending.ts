import { setTimeout as sleep } from 'node:timers/promises';
import type { RenderQueue } from '#core';
import type { LeaderLock, QueuedRender, RenderRepository } from '#persistence';
import { assignJobs, withoutLiveJob } from './restore-jobs.js';

const PAGE = 1_000;
/** Pages while the reconciler's place is held: of these the rows of one are written while the jobs of another are added. */
const PAGES_A_TURN = 5;
const LEADER_PAUSE_MS = 200;

export interface PendingPorts {
  readonly renders: RenderRepository;
  readonly queue: RenderQueue;
  readonly leadership: LeaderLock;
}

export interface PendingOptions {
  readonly signal?: AbortSignal;
  /** Most renders to look after. */
  readonly limit?: number;
  readonly onProgress?: (progress: PendingProgress) => void;
}

export interface PendingProgress {
  /** Queued renders that were looked after. */
  readonly seen: number;
  /** Those that got another job, for the queue did not hold theirs. */
  readonly restored: number;
}

/**
 * Gives every queued render a job that the queue holds: what the workers' reconciler does bit by bit, at once. A page at a
 * time it takes the reconciler's place, so that none gets two. Safe to repeat and to break off.
 * @throws DependencyError
 */
export async function restorePending(ports: PendingPorts, options: PendingOptions = {}): Promise<PendingProgress> {
  const { signal, limit = Number.POSITIVE_INFINITY } = options;
  const listedAt = performance.now();
  const live = await ports.queue.listLiveJobs();
  let progress: PendingProgress = { seen: 0, restored: 0 };
  let last: QueuedRender | undefined;
  let isDone = limit === 0;
  const restorePage = async (): Promise<QueuedRender[]> => {
    const size = Math.min(PAGE, limit - progress.seen);
    // What has changed since the jobs were listed may have one that is not on the list.
    const page = await ports.renders.listStaleQueued(performance.now() - listedAt, size, last?.position);
    const assigned = await assignJobs(withoutLiveJob(page, live), ports.renders);
    progress = { seen: progress.seen + page.length, restored: progress.restored + assigned.length };
    last = page.at(-1) ?? last;
    isDone = page.length < size || progress.seen >= limit;
    return assigned;
  };
  const turn = async (): Promise<void> => {
    let adding = Promise.resolve();
    try {
      for (let pages = 0; pages < PAGES_A_TURN && !isDone && !signal?.aborted; pages++) {
        const assigned = await restorePage();
        await adding;
        options.onProgress?.(progress);
        adding = ports.queue.enqueueAll(assigned);
        adding.catch(() => undefined); // It is awaited below, whatever else fails.
      }
    } finally {
      await adding;
    }
  };
  while (!isDone && !signal?.aborted) {
    while (!(await ports.leadership.tryRun('reconcile', turn))) await sleep(LEADER_PAUSE_MS, undefined, { signal });
  }
  return progress;
}
