import { setTimeout } from 'node:timers/promises';
import { Inject, Injectable, type OnApplicationShutdown, Optional } from '@nestjs/common';
import { ObjectStore } from '#core';
import { LOGGER, type Logger } from '#observability';
import pRetry from 'p-retry';
import { RenderRepository } from '#persistence';

export const CLEANUP_TIMES = Symbol('times of the upload clean-up');

export interface CleanupTimes {
  /** Before the first look: by then the database has carried out or given up what it was last told. */
  readonly settleMs: number;
  /** Of the first pause between two tries; each next one is three times as long. */
  readonly pauseMs: number;
}

const TIMES: CleanupTimes = { settleMs: 2_500, pauseMs: 2_500 };
const TRIES = 5;

/** A photo in the store whose submission was refused. */
export interface AbandonedUpload {
  readonly renderId: string;
  readonly objectKey: string;
}

/** Removes the photos of refused submissions, after the answer. What it cannot remove is left to the sweep. */
@Injectable()
export class UploadCleanup implements OnApplicationShutdown {
  private readonly stopped = new AbortController();
  private readonly running = new Set<Promise<void>>();
  private readonly times: CleanupTimes;

  constructor(
    private readonly objects: ObjectStore,
    private readonly renders: RenderRepository,
    @Inject(LOGGER) private readonly logger: Logger,
    @Optional() @Inject(CLEANUP_TIMES) times?: CleanupTimes,
  ) {
    this.times = times ?? TIMES;
  }

  /** Removes the photo behind the request, unless its row turns out to be there after all. */
  abandon(upload: AbandonedUpload): void {
    const task = this.remove(upload).finally(() => this.running.delete(task));
    this.running.add(task);
  }

  /** Resolves when nothing is left to do. */
  async settled(): Promise<void> {
    await Promise.all(this.running);
  }

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
        { retries: TRIES - 1, minTimeout: pauseMs, factor: 3, randomize: true, signal },
      );
    } catch (error) {
      const facts = { err: error, render_id: renderId, object_key: objectKey };
      this.logger.warn(facts, 'The photo of a refused submission may be left; the sweep removes it');
    }
  }
}
