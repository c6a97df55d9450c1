import { Inject, Injectable } from '@nestjs/common';
import { findOrphans, SuspiciousOrphanRatioError } from '#application';
import { ObjectStore } from '#core';
import { LOGGER, type Logger, RecoveryMetrics } from '#observability';
import { LeaderLock, ObjectReferences, StorageUsageRepository, SweepSchedule } from '#persistence';
import { PeriodicTask } from './periodic-task.js';

export const ORPHAN_COLLECTOR_OPTIONS = Symbol('options of the orphan collector');

/** Interval of checking whether a sweep is due: one cheap query. */
const CHECK_MS = 20_000;
/** Before the second attempt of a sweep that failed; it doubles with each further one, up to the period. */
const FIRST_PAUSE_MS = 60_000;

export interface OrphanCollectorOptions {
  /** Between two sweeps of the deployment, whichever of its workers does them. */
  readonly periodMs: number;
  /** Younger objects are kept: their row may be about to be written. */
  readonly minAgeMs: number;
}

/**
 * Removes stored objects that no row references: files of attempts that crashed or finished too late, photos of aborted
 * submissions; and records how much is stored. Each worker checks periodically whether the last measurement is older
 * than the period; the first to find that sweeps for the whole deployment.
 */
@Injectable()
export class OrphanCollector {
  private readonly task: PeriodicTask;

  constructor(
    private readonly objects: ObjectStore,
    private readonly references: ObjectReferences,
    private readonly usage: StorageUsageRepository,
    private readonly schedule: SweepSchedule,
    private readonly leadership: LeaderLock,
    private readonly metrics: RecoveryMetrics,
    @Inject(ORPHAN_COLLECTOR_OPTIONS) private readonly options: OrphanCollectorOptions,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.task = new PeriodicTask('sweep', Math.min(options.periodMs, CHECK_MS), () => this.sweep(), logger);
  }

  start(): void {
    this.task.start();
  }

  stop(): Promise<void> {
    return this.task.stop();
  }

  /** Runs one sweep, if it is due and no other process is running one. */
  async sweep(): Promise<void> {
    const { periodMs } = this.options;
    if (!(await this.schedule.isDue(periodMs))) return;
    await this.leadership.tryRun('sweep', async () => {
      // Another worker may have swept between the check and the lock.
      if (!(await this.schedule.isDue(periodMs))) return;
      await this.schedule.begin(FIRST_PAUSE_MS, periodMs);
      await this.sweepOnce().catch(async (error: unknown) => {
        // An earlier sweep would list the store again for the same result.
        if (error instanceof SuspiciousOrphanRatioError) await this.schedule.postpone(periodMs);
        throw error;
      });
    });
  }

  private async sweepOnce(): Promise<void> {
    const before = new Date(Date.now() - this.options.minAgeMs);
    await this.objects.discardUnfinished(before);
    const stored = await this.removeOrphans(before);
    if (this.task.stopping) return; // Another worker continues after the first pause.
    await this.usage.record(stored);
    await this.schedule.succeeded();
  }

  /** @returns what is stored afterwards */
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
      // Unattended: refuse to delete most of the bucket.
      guardMajority: true,
      // Measured here because the sweep lists every object anyway.
      onSeen: ({ sizeBytes }) => count(sizeBytes, 1),
      stopping: () => this.task.stopping,
    });
    for await (const { key, sizeBytes } of orphans) {
      await objects.remove(key);
      count(sizeBytes, -1);
      this.metrics.orphanRemoved();
      this.logger.info({ key }, 'An unreferenced object was removed');
    }
    return stored;
  }
}
