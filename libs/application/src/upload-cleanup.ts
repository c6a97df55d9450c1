import { setTimeout } from 'node:timers/promises';
import type { ObjectStore } from '#core';
import type { Logger } from '#observability';
import pRetry from 'p-retry';
import { type RenderRepository } from '#persistence';

export interface CleanupTimes {
  /** Before the first look: by then the database has executed or aborted the last statement. */
  readonly settleMs: number;
  /** First pause between two attempts; each next one is three times as long. */
  readonly pauseMs: number;
}

const TIMES: CleanupTimes = { settleMs: 2_500, pauseMs: 2_500 };
const MAX_ATTEMPTS = 5;

/** A photo in the store whose submission was refused. */
export interface AbandonedUpload {
  readonly renderId: string;
  readonly objectKey: string;
}

/** Removes the photos of refused submissions, after the answer. What it cannot remove is left to the orphan sweep. */
export class UploadCleanup {
  private readonly stopped = new AbortController();
  private readonly running = new Set<Promise<void>>();

  constructor(
    private readonly objects: ObjectStore,
    private readonly renders: RenderRepository,
    private readonly logger: Logger,
    private readonly times: CleanupTimes = TIMES,
  ) {}

  /** Removes the photo behind the request, unless its row turns out to be there after all. */
  abandon(upload: AbandonedUpload): void {
    const task = this.remove(upload).finally(() => this.running.delete(task));
    this.running.add(task);
  }

  /** Resolves when nothing is left to do. */
  async settled(): Promise<void> {
    await Promise.all(this.running);
  }

  /** Aborts what is left, for the orphan sweep. */
  async onApplicationShutdown(): Promise<void> {
    this.stopped.abort(new Error('The process is stopping'));
    await this.settled();
  }

  private async remove({ renderId, objectKey }: AbandonedUpload): Promise<void> {
    const { settleMs, pauseMs } = this.times;
    const { signal } = this.stopped;
    try {
      await setTimeout(settleMs, undefined, { signal });
      await pRetry(
        async () => {
          if ((await this.renders.find(renderId)) === null) await this.objects.remove(objectKey);
        },
        { retries: MAX_ATTEMPTS - 1, minTimeout: pauseMs, factor: 3, randomize: true, signal },
      );
    } catch (error) {
      const fields = { err: error, render_id: renderId, object_key: objectKey };
      this.logger.warn(fields, 'The photo of a refused submission may be left; the sweep removes it');
    }
  }
}
