import { Inject, Injectable } from '@nestjs/common';
import { LOGGER, type Logger, RecoveryMetrics, Telemetry } from '#observability';
import { RenderRepository } from '#persistence';
import { reportLostWorker } from './lost-worker.js';
import { PeriodicTask } from './periodic-task.js';

export const RECLAIM_OPTIONS = Symbol('options of the lease reclaimer');

export interface ReclaimOptions {
  readonly periodMs: number;
  /** Crashes and lost workers after which a render is failed. */
  readonly maxLost: number;
}

/**
 * Reclaims renders whose worker was lost: their lease has expired. Every worker does so on its own timer, without a
 * lock: one statement finds them by an index and reclaims each only once.
 */
@Injectable()
export class LeaseReclaimer {
  private readonly task: PeriodicTask;

  constructor(
    private readonly renders: RenderRepository,
    private readonly metrics: RecoveryMetrics,
    @Inject(RECLAIM_OPTIONS) private readonly options: ReclaimOptions,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly telemetry: Telemetry,
  ) {
    this.task = new PeriodicTask('reclaim', options.periodMs, () => this.reclaim(), logger);
  }

  start(): void {
    this.task.start();
  }

  stop(): Promise<void> {
    return this.task.stop();
  }

  async reclaim(): Promise<void> {
    for (const lost of await this.renders.reclaimExpired(this.options.maxLost)) {
      reportLostWorker(lost, this.metrics, this.logger, this.telemetry);
    }
  }
}
