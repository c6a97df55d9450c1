import { Inject, Injectable } from '@nestjs/common';
import { Leadership, ObjectReferences, ObjectStore, StorageUsageRecord } from '#core';
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
 * broke off; and records how much is stored. One process of a deployment does it at a time.
 */
@Injectable()
export class Sweeper {
  private readonly metrics = reconcilerMetrics();
  private readonly task: PeriodicTask;

  constructor(
    private readonly objects: ObjectStore,
    private readonly references: ObjectReferences,
    private readonly usage: StorageUsageRecord,
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
      const stored = await this.removeOrphans(before);
      if (!this.task.stopping) await this.usage.record(stored);
    });
  }

  /** @returns what is stored then */
  private async removeOrphans(before: Date): Promise<{ bytes: number; objects: number }> {
    const { objects, references } = this;
    const stored = { bytes: 0, objects: 0 };
    const count = (sizeBytes: number, one: 1 | -1): void => {
      stored.bytes += one * sizeBytes;
      stored.objects += one;
    };
    const orphans = findOrphans({
      objects,
      references,
      before,
      // Nobody looks on: prints of years would be gone within the hour.
      wary: true,
      // Counted on the way: the sweep sees every object anyway.
      onSeen: ({ sizeBytes }) => count(sizeBytes, 1),
      stopping: () => this.task.stopping,
    });
    for await (const { key, sizeBytes } of orphans) {
      await objects.remove(key);
      count(sizeBytes, -1);
      this.metrics.orphansRemoved.inc({ service: SERVICE });
      this.logger.info({ key }, 'An object that nothing names was removed');
    }
    return stored;
  }
}
