import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import { jobIdsOf, restoreJobs, withoutLiveJob } from '#application';
import { MAX_QUEUE_RANK, queueJobIdOf, RenderQueue } from '#core';
import { LOGGER, type Logger, RecoveryMetrics } from '#observability';
import {
  LeaderLock,
  ReconcilerProgressRepository,
  RenderRepository,
  RenderStatistics,
  type Cursor,
  type QueuedRender,
} from '#persistence';
import { PeriodicTask } from './periodic-task.js';

export const RECONCILER_OPTIONS = Symbol('options of the reconciler');

export interface ReconcilerOptions {
  readonly periodMs: number;
  /** A queued render whose row has not changed for this time is checked. */
  readonly idleMs: number;
  /** Queued renders that a round checks, while no jobs are known to be missing. */
  readonly roundSize: number;
  /** After this time a round ends; the next one continues where it stopped. */
  readonly roundMs: number;
}

/** Limits of a round in a deployment. */
export const ROUND_LIMITS = { roundSize: 20_000, roundMs: 1_000 };

const PAGE = 1_000;
/** Between the two reads of the counts that establish a shortage of jobs, and between rounds during a shortage. */
const PAUSE_MS = 300;
/** Ranks restart long before they reach the highest priority number of the queues, once in about a million small prints. */
const REBASED_AT = Math.floor(MAX_QUEUE_RANK / 2);
/** A timer that fires a little early must not skip a round. */
const PERIOD_SHARE = 0.9;

/** The jobs that the queue had when a shortage was found. */
interface Shortage {
  readonly live: ReadonlySet<string>;
  readonly listedAt: number;
}

/**
 * Makes the queue agree with the rows, which are authoritative: a queued render whose job is missing gets another one.
 * One process of a deployment does it at a time, once in a period. Each round checks the next renders; when the queue has
 * fewer jobs than there are queued renders, rounds follow one another until all of them have been checked.
 */
@Injectable()
export class Reconciler {
  private readonly task: PeriodicTask;

  constructor(
    private readonly renders: RenderRepository,
    private readonly statistics: RenderStatistics,
    private readonly progress: ReconcilerProgressRepository,
    private readonly queue: RenderQueue,
    private readonly leadership: LeaderLock,
    private readonly metrics: RecoveryMetrics,
    @Inject(RECONCILER_OPTIONS) private readonly options: ReconcilerOptions,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.task = new PeriodicTask('reconcile', options.periodMs, () => this.reconcile(), logger);
  }

  start(): void {
    this.task.start();
  }

  stop(): Promise<void> {
    return this.task.stop();
  }

  /** Runs one round, unless another process did in this period; during a shortage of jobs as many as it takes. */
  async reconcile(): Promise<void> {
    let shortage = await this.round();
    while (shortage && !this.task.stopping) {
      // Releases the lock meanwhile, for an operator's command.
      await sleep(PAUSE_MS);
      shortage = await this.round(shortage);
    }
  }

  /** @param known of the previous round @returns the shortage when not all renders have been checked in it */
  private async round(known?: Shortage): Promise<Shortage | undefined> {
    let unfinished: Shortage | undefined;
    await this.leadership.tryRun('reconcile', async () => {
      const round = await this.progress.startRound(known ? 0 : this.options.periodMs * PERIOD_SHARE);
      if (round === null) return;
      if (!known) await this.maintainCounts(round.isRecountDue);
      if (!known) await this.rebaseRanks();
      const shortage = known ?? (await this.findShortage());
      const start = shortage && !known ? undefined : round.after;
      const stoppedAt = await this.checkQueued(shortage, start);
      await this.progress.recordPosition(stoppedAt);
      if (stoppedAt !== undefined) unfinished = shortage;
    });
    return unfinished;
  }

  private async maintainCounts(isRecountDue: boolean): Promise<void> {
    await this.statistics.compactCounts();
    if (!isRecountDue) return;
    const corrected = await this.statistics.recount();
    await this.progress.recordRecount();
    if (corrected.length > 0) this.logger.warn({ states: corrected }, 'Wrong counts of renders were corrected');
  }

  private async rebaseRanks(): Promise<void> {
    const rebased = await this.renders.rebaseRanks(REBASED_AT);
    if (rebased > 0) this.logger.info({ renders: rebased }, 'The order of the queue counts from 1 again');
  }

  /**
   * Whether the queue has fewer jobs than there are queued renders, and which it has. Renders that are just being accepted
   * get theirs within the pause between the two reads.
   */
  private async findShortage(): Promise<Shortage | undefined> {
    if (!(await this.lacksJobs())) return undefined;
    await sleep(PAUSE_MS);
    if (!(await this.lacksJobs())) return undefined;
    const listedAt = performance.now();
    return { live: await this.queue.listLiveJobs(), listedAt };
  }

  private async lacksJobs(): Promise<boolean> {
    const { queued } = await this.statistics.backlog();
    if (queued === 0) return false;
    const { waiting, delayed, active } = await this.queue.counts();
    return queued > waiting + delayed + active;
  }

  /** @returns where it stopped; undefined at the end of the queue */
  private async checkQueued(shortage?: Shortage, start?: Cursor): Promise<Cursor | undefined> {
    const { idleMs, roundSize, roundMs } = this.options;
    const startedAt = performance.now();
    let position = start;
    for (let left = shortage ? Number.POSITIVE_INFINITY : roundSize; left > 0; left -= PAGE) {
      if (this.task.stopping || performance.now() - startedAt > roundMs) return position;
      // Renders that changed since the jobs were listed may have a job that is not on the list.
      const sinceListed = shortage ? performance.now() - shortage.listedAt : 0;
      const size = Math.min(PAGE, left);
      const page = await this.renders.listStaleQueued(Math.max(idleMs, sinceListed), size, position);
      const live = shortage?.live ?? (await this.queue.findLiveJobs(jobIdsOf(page)));
      await this.restore(withoutLiveJob(page, live));
      if (page.length < size) return undefined;
      position = page.at(-1)!.position;
    }
    return position;
  }

  private async restore(lost: readonly QueuedRender[]): Promise<void> {
    const restored = await restoreJobs(lost, this.renders, this.queue);
    this.metrics.requeued(restored.length);
    for (const { job, generation } of restored) {
      const { renderId, requestId } = job;
      const ids = { render_id: renderId, request_id: requestId, queue_job_id: queueJobIdOf(renderId, generation) };
      this.logger.info(ids, 'Render queued again');
    }
  }
}
