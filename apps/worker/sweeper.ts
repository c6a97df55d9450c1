import { Inject, Injectable } from '@nestjs/common';
import { Leadership, type ListedObject, ObjectReferences, ObjectStore, StorageUsageRecord } from '#core';
import { LOGGER, type Logger, reconcilerMetrics, SERVICE } from '#observability';
import { PeriodicTask } from './periodic-task.js';

export const SWEEPER_OPTIONS = Symbol('options of the sweeper');

export interface SweeperOptions {
  readonly periodMs: number;
  /** Younger objects are left alone: their row may be about to be written. */
  readonly minAgeMs: number;
}

const PREFIXES = ['uploads/', 'renders/'];
const PAGE = 500;

/** Counted on the way: the sweep sees every object anyway. */
interface Tally {
  bytes: number;
  objects: number;
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
      const stored = await this.sweepAll(before);
      if (!this.task.stopping) await this.usage.record(stored);
    });
  }

  private async sweepAll(before: Date): Promise<Tally> {
    const stored: Tally = { bytes: 0, objects: 0 };
    let page: ListedObject[] = [];
    for await (const object of this.objects.list('')) {
      if (this.task.stopping) return stored;
      stored.bytes += object.sizeBytes;
      stored.objects++;
      if (object.modifiedAt >= before || !PREFIXES.some((prefix) => object.key.startsWith(prefix))) continue;
      page.push(object);
      if (page.length < PAGE) continue;
      await this.removeUnreferenced(page, stored);
      page = [];
    }
    await this.removeUnreferenced(page, stored);
    return stored;
  }

  private async removeUnreferenced(objects: readonly ListedObject[], stored: Tally): Promise<void> {
    if (objects.length === 0) return;
    const sizes = new Map(objects.map(({ key, sizeBytes }) => [key, sizeBytes]));
    for (const key of await this.references.unreferenced([...sizes.keys()])) {
      await this.objects.remove(key);
      stored.bytes -= sizes.get(key)!;
      stored.objects--;
      this.metrics.orphansRemoved.inc({ service: SERVICE });
      this.logger.info({ key }, 'An object that nothing names was removed');
    }
  }
}
