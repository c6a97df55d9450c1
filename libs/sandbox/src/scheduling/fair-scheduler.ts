import { FairQueue, type FairLimits, type Lane, type Refusal, type Ticket } from './fair-queue.js';

/** A piece of work was not taken, or waited in vain. */
export class WorkRefused extends Error {
  constructor(
    readonly refusal: Refusal,
    readonly retryAfterSeconds: number,
  ) {
    super(`Not scheduled: ${refusal}`);
    this.name = new.target.name;
  }
}

export interface Work {
  /** Whose it is, to be compared only. */
  readonly client: string;
  /** Processor seconds that it is expected to take. */
  readonly seconds: number;
  /** Ends it, wherever it is, when the client no longer waits for it. */
  readonly signal?: AbortSignal;
}

export interface SchedulerLimits extends FairLimits {
  /** Work of as many seconds goes through the costly lane. */
  readonly costlySeconds: number;
  readonly maxWaitMs: number;
  /** Cheap work that takes longer makes way for waiting cheap work of another client, and begins again in the costly lane. */
  readonly preemptMs: number;
  /**
   * What runs in the cheap lane may go on for this long after its client has disconnected: to end a process and start another costs more
   * than what is left of cheap work.
   */
  readonly finishMs: number;
}

/** Notified of events, to count them. */
export interface SchedulerObserver {
  readonly onStart?: (lane: Lane, waitedSeconds: number) => void;
  readonly onEnd?: (lane: Lane, seconds: number) => void;
  readonly onRefusal?: (refusal: Refusal) => void;
  /** The client of waiting or running work has gone. */
  readonly onWithdrawal?: () => void;
  readonly onPreemption?: () => void;
}

interface Task extends Ticket {
  readonly signal?: AbortSignal;
  readonly work: (signal: AbortSignal) => Promise<unknown>;
  readonly resolve: (value: unknown) => void;
  readonly reject: (reason: unknown) => void;
  /** When it began to wait, then when it was started. */
  since: number;
  /** Of waiting, then of preemption. */
  timer?: NodeJS.Timeout;
  preemption?: AbortController;
}

/** Runs work of many clients side by side, none at the expense of another. */
export class FairScheduler {
  private readonly queue: FairQueue<Task>;

  constructor(
    private readonly limits: SchedulerLimits,
    private readonly observer: SchedulerObserver = {},
    private readonly now: () => number = () => performance.now(),
  ) {
    this.queue = new FairQueue(limits, now);
  }

  /**
   * @param work is begun when its turn comes; it must end soon after its signal is aborted. It is begun a second time when it was
   *   preempted.
   * @throws WorkRefused; the reason of the signal; whatever the work throws
   */
  run<Result>({ client, seconds, signal }: Work, work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const lane = seconds >= this.limits.costlySeconds ? 'costly' : 'cheap';
      const since = this.now();
      const task: Task = { client, seconds, lane, signal, work, resolve: resolve as Task['resolve'], reject, since };
      const admission = this.queue.admit(task);
      if (!admission.admitted) return this.refuse(task, admission.refusal);
      if (admission.evicted) this.settleWaiting(admission.evicted, 'crowded_out');
      this.wait(task);
      this.dispatch();
    });
  }

  /** Before there is any work of it. @throws WorkRefused `client_budget` when work of a client would be refused whatever it is */
  assertBudget(client: string): void {
    if (!this.queue.isRefused(client)) return;
    this.observer.onRefusal?.('client_budget');
    const retryAfterSeconds = this.queue.retryAfterSeconds({ client, lane: 'cheap', seconds: 0 }, 'client_budget');
    throw new WorkRefused('client_budget', retryAfterSeconds);
  }

  count(lane: Lane, state: 'waiting' | 'running'): number {
    return this.queue.count(lane, state);
  }

  private wait(task: Task): void {
    task.since = this.now();
    task.timer = setTimeout(() => {
      this.queue.withdraw(task);
      this.settleWaiting(task, 'waited_too_long');
    }, this.limits.maxWaitMs);
    task.signal?.addEventListener('abort', this.onAbort(task), { once: true });
  }

  /** Of a task that waits; what runs is ended by its own signal. */
  private onAbort(task: Task): () => void {
    return () => {
      if (!this.queue.withdraw(task)) return;
      clearTimeout(task.timer);
      this.observer.onWithdrawal?.();
      task.reject(task.signal!.reason);
      this.dispatch();
    };
  }

  private settleWaiting(task: Task, refusal: Refusal): void {
    clearTimeout(task.timer);
    this.refuse(task, refusal);
    this.dispatch();
  }

  private refuse(task: Task, refusal: Refusal): void {
    this.observer.onRefusal?.(refusal);
    task.reject(new WorkRefused(refusal, this.queue.retryAfterSeconds(task, refusal)));
  }

  private dispatch(): void {
    for (let task = this.queue.next(); task; task = this.queue.next()) void this.execute(task);
    this.makeWay();
  }

  private async execute(task: Task): Promise<void> {
    clearTimeout(task.timer);
    const started = this.now();
    this.observer.onStart?.(task.lane, (started - task.since) / 1000);
    task.since = started;
    // Taken beforehand, so that work side by side does not overdraw; set right by what it took.
    this.queue.budgets.spend(task.client, task.seconds);
    const preemption = new AbortController();
    task.preemption = preemption;
    task.timer = setTimeout(() => this.makeWay(), this.limits.preemptMs);
    const departure = task.lane === 'cheap' ? delayed(task.signal, this.limits.finishMs) : task.signal;
    const signal = departure ? AbortSignal.any([departure, preemption.signal]) : preemption.signal;
    const outcome = await settled(() => task.work(signal));
    clearTimeout(task.timer);
    const seconds = (this.now() - started) / 1000;
    // A client that leaves early gets no refund.
    if (!task.signal?.aborted || seconds > task.seconds) this.queue.budgets.spend(task.client, seconds - task.seconds);
    const isPreempted = !outcome.ok && preemption.signal.aborted && !task.signal?.aborted;
    if (isPreempted) this.requeue(task);
    else this.end(task, seconds, outcome);
    this.dispatch();
  }

  private end(task: Task, seconds: number, outcome: Outcome): void {
    this.queue.release(task);
    if (task.signal?.aborted) this.observer.onWithdrawal?.();
    else this.observer.onEnd?.(task.lane, seconds);
    if (task.signal?.aborted) task.reject(task.signal.reason);
    else if (outcome.ok) task.resolve(outcome.value);
    else task.reject(outcome.error);
  }

  private requeue(task: Task): void {
    this.observer.onPreemption?.();
    this.queue.demote(task);
    this.wait(task);
  }

  /** Ends cheap work that has turned out to be none, one at a time, when another client waits for its slot. */
  private makeWay(): void {
    const running = [...this.queue.runningTickets];
    if (running.some(({ preemption }) => preemption?.signal.aborted)) return;
    const inTheWay = running.find(
      (task) => this.now() - task.since >= this.limits.preemptMs && this.queue.isInTheWay(task),
    );
    inTheWay?.preemption?.abort(new Error('Preempted by cheaper work'));
  }
}

/** Aborts `ms` after `signal` did. */
function delayed(signal: AbortSignal | undefined, ms: number): AbortSignal | undefined {
  if (!signal || signal.aborted) return signal;
  const later = new AbortController();
  signal.addEventListener('abort', () => setTimeout(() => later.abort(signal.reason), ms).unref(), { once: true });
  return later.signal;
}

type Outcome = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly error: unknown };

async function settled(work: () => Promise<unknown>): Promise<Outcome> {
  try {
    return { ok: true, value: await work() };
  } catch (error) {
    return { ok: false, error };
  }
}
