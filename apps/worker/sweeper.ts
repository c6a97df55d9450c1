import { Inject, Injectable } from '@nestjs/common';
import { Leadership, ObjectReferences, ObjectStore } from '#core';
import { findOrphans } from '#housekeeping';
import { LOGGER, type Logger, reconcilerMetrics, SERVICE } from '#observability';
import { PeriodicTask } from './periodic-task.js';

export const SWEEPER_OPTIONS = Symbol('options of the sweeper');

export interface SweeperOptions {
  readonly periodMs: number;
  /** Younger objects are left alone: their row may be about to be written. */
  readonly minAgeMs: number;
}

/**
 * Removes stored objects that no row names: files of attempts that died or came too late, photos of submissions that
 * broke off. One process of a deployment does it at a time.
 */
@Injectable()
export class Sweeper {
  private readonly metrics = reconcilerMetrics();
  private readonly task: PeriodicTask;

  constructor(
    private readonly objects: ObjectStore,
    private readonly references: ObjectReferences,
    private readonly leadership: Leadership,
    @Inject(SWEEPER_OPTIONS) private readonly options: SweeperOptions,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.task = new PeriodicTask('sweep', options.periodMs, () => this.sweep(), logger);
  }

  start(): void {
    this.task.start();
  }

  stop(): Promise<void> {
    return this.task.stop();
  }

  /** One round, if no other process is at it. */
  async sweep(): Promise<void> {
    await this.leadership.tryRun('sweep', async () => {
      const before = new Date(Date.now() - this.options.minAgeMs);
      await this.objects.discardUnfinished(before);
      const { objects, references } = this;
      for await (const { key } of findOrphans({ objects, references, before, stopping: () => this.task.stopping })) {
        await objects.remove(key);
        this.metrics.orphansRemoved.inc({ service: SERVICE });
        this.logger.info({ key }, 'An object that nothing names was removed');
      }
    });
  }
}
