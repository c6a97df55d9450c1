import { setTimeout as sleep } from 'node:timers/promises';
import type { Leadership, QueuedRender, RenderQueue, RenderStore } from '#core';
import { restoreJobs, withoutLiveJob } from './restore-jobs.js';

const PAGE = 1_000;
const LEADER_PAUSE_MS = 200;

export interface PendingPorts {
  readonly renders: RenderStore;
  readonly queue: RenderQueue;
  readonly leadership: Leadership;
}

export interface PendingWatch {
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
export async function restorePending(ports: PendingPorts, watch: PendingWatch = {}): Promise<PendingProgress> {
  const { signal, limit = Number.POSITIVE_INFINITY } = watch;
  const listedAt = performance.now();
  const live = await ports.queue.listLiveJobs();
  let progress: PendingProgress = { seen: 0, restored: 0 };
  let last: QueuedRender | undefined;
  while (progress.seen < limit && !signal?.aborted) {
    const size = Math.min(PAGE, limit - progress.seen);
    let page: QueuedRender[] = [];
    const work = async (): Promise<void> => {
      // What has changed since the jobs were listed may have one that is not on the list.
      page = await ports.renders.listQueued(performance.now() - listedAt, size, last?.position);
      const restored = await restoreJobs(withoutLiveJob(page, live), ports.renders, ports.queue);
      progress = { seen: progress.seen + page.length, restored: progress.restored + restored.length };
      watch.onProgress?.(progress);
    };
    while (!(await ports.leadership.tryRun('reconcile', work))) await sleep(LEADER_PAUSE_MS, undefined, { signal });
    if (page.length < size) break;
    last = page.at(-1);
  }
  return progress;
}
