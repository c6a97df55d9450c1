import { Inject, Injectable } from '@nestjs/common';
import { archiveRenders } from '#application';
import { ObjectStore } from '#core';
import { LOGGER, type Logger } from '#observability';
import { LeaderLock, RenderArchive } from '#persistence';
import { PeriodicTask } from './periodic-task.js';

export const RETENTION_OPTIONS = Symbol('options of the retention');

const DAY_MS = 24 * 3600 * 1000;

export interface RetentionOptions {
  /** Days that a completed render's files are kept; 0 for no limit. */
  readonly days: number;
  /** Before then nothing is removed. */
  readonly notBefore?: Date;
  readonly periodMs: number;
}

/**
 * Archives renders whose retention period has ended: print, preview, and the photo with the last render that
 * needs it. One process of a deployment does it at a time. Renders that failed keep their photo, for a requeue.
 */
@Injectable()
export class Retention {
  private readonly stopped = new AbortController();
  private readonly task: PeriodicTask;

  constructor(
    private readonly archive: RenderArchive,
    private readonly objects: ObjectStore,
    private readonly leadership: LeaderLock,
    @Inject(RETENTION_OPTIONS) private readonly options: RetentionOptions,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.task = new PeriodicTask('retention', options.periodMs, () => this.apply(), logger);
  }

  start(): void {
    if (this.options.days > 0) this.task.start();
  }

  async stop(): Promise<void> {
    this.stopped.abort();
    await this.task.stop();
  }

  /** Runs one round, unless another process is running one. */
  async apply(): Promise<void> {
    const { days, notBefore } = this.options;
    const now = Date.now();
    if (days === 0 || (notBefore !== undefined && now < notBefore.getTime())) return;
    await this.leadership.tryRun('retention', async () => {
      await archiveRenders({
        which: { completedBefore: new Date(now - days * DAY_MS) },
        archive: this.archive,
        objects: this.objects,
        signal: this.stopped.signal,
        onBatch: ({ renders, filesRemoved }) =>
          this.logger.info({ renders, files: filesRemoved, retention_days: days }, 'Old renders were archived'),
      }).catch((error: unknown) => {
        // The next round continues where this one stopped.
        if (!this.stopped.signal.aborted) throw error;
      });
    });
  }
}
