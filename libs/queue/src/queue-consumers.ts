import type { BullRegistrar } from '@nestjs/bullmq';
import { DependencyError } from '#core';
import type { QueueServer } from './queue-server.js';

/** All queue workers of an application together. */
export class QueueConsumers {
  constructor(
    private readonly server: QueueServer,
    private readonly registrar: BullRegistrar,
  ) {}

  /** Starts a worker for each class with `@Processor`. Call it once: a second call would start a second set. */
  start(): void {
    this.registrar.register();
  }

  /**
   * Stops taking jobs and resolves when the running ones have ended. Jobs that run longer than `graceMs` are aborted
   * and requeued, which does not count as an attempt.
   */
  async drain(graceMs: number): Promise<void> {
    await Promise.all([...this.server.workers].map((worker) => worker.drain(graceMs)));
  }

  /** @throws DependencyError `queue_unavailable` when no jobs are taken */
  async ping(): Promise<void> {
    const { workers } = this.server;
    if (workers.size === 0) throw new DependencyError('queue_unavailable', 'Queue worker is not running');
    for (const worker of workers) worker.assertRunning();
  }
}
