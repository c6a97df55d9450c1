import { setTimeout as sleep } from 'node:timers/promises';
import type { Leadership, RenderOperations, RenderQueue, RenderRecord, RenderStore } from '#core';
import { eachAtOnce } from './each-at-once.js';
import { restoreJob } from './restore-job.js';

const PAGE = 500;
const AT_ONCE = 20;
const LEADER_PAUSE_MS = 200;

export interface PendingPorts {
  readonly operations: RenderOperations;
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
 * Gives every queued render a job that the queue holds: what the workers' reconciler does by and by, at once. A page at a
 * time it takes the reconciler's place, so that none gets two. Safe to repeat and to break off.
 * @throws DependencyError
 */
export async function restorePending(ports: PendingPorts, watch: PendingWatch = {}): Promise<PendingProgress> {
  const { signal, limit = Number.POSITIVE_INFINITY } = watch;
  let progress: PendingProgress = { seen: 0, restored: 0 };
  let last: string | undefined;
  while (progress.seen < limit && !signal?.aborted) {
    const size = Math.min(PAGE, limit - progress.seen);
    const page: RenderRecord[] = [];
    const tell = (restored: number): void => {
      progress = { seen: progress.seen + 1, restored: progress.restored + restored };
      watch.onProgress?.(progress);
    };
    const work = async (): Promise<void> => {
      page.push(...(await ports.operations.listPending(size, last)));
      await eachAtOnce(
        page,
        AT_ONCE,
        async (record) => tell((await restoreJob(record, ports.renders, ports.queue)) === null ? 0 : 1),
        signal,
      );
    };
    while (!(await ports.leadership.tryRun('reconcile', work))) await sleep(LEADER_PAUSE_MS, undefined, { signal });
    if (page.length < size) break;
    last = page.at(-1)!.id;
  }
  return progress;
}
