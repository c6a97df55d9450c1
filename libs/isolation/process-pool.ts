import { existsSync } from 'node:fs';
import { IsolatedProcess, type OrderLimits, type OrderOutcome, type OrderWatch } from './isolated-process.js';
import { type DeathReason, ProcessDeath } from './process-death.js';
import { Slots } from './slots.js';

export type { OrderWatch };

export interface ProcessPoolOptions extends OrderLimits {
  /** Compiled script of the processes; it calls `serveOrders`. */
  readonly entry: string;
  /** Orders carried out at a time; as many processes are kept warm. */
  readonly size: number;
  /** Orders that may wait for their turn; any number by default. */
  readonly maxWaiting?: number;
  readonly maxWaitMs?: number;
  readonly onDeath?: (reason: DeathReason) => void;
}

const LONGEST_TIMER_MS = 2 ** 31 - 1;
/** A process that holds more than this share of its limit between two orders is replaced. */
const IDLE_SHARE = 0.5;

/**
 * Carries out orders in child processes, one each at a time, kept warm in between. A process can be killed at any
 * moment, so an abort and a limit always work, and a crash in native code ends one order and nothing else.
 */
export class ProcessPool<Order, Result> {
  private readonly processes = new Set<IsolatedProcess>();
  private readonly idle: IsolatedProcess[] = [];
  private readonly slots: Slots;
  private closed = false;

  constructor(private readonly options: ProcessPoolOptions) {
    const { entry, size, maxWaiting = Infinity, maxWaitMs = LONGEST_TIMER_MS } = options;
    if (!existsSync(entry)) throw new Error(`The script ${entry} is missing: build the project first`);
    this.slots = new Slots({ count: size, maxWaiting, maxWaitMs });
  }

  /**
   * @throws PoolBusy when too many wait; ProcessDeath when the process ended or was ended by a limit; the signal's reason
   *   on abort; otherwise what the work itself ended with, as a PopRenderError.
   */
  async run(order: Order, watch: OrderWatch = {}): Promise<Result> {
    watch.signal?.throwIfAborted();
    await this.slots.take();
    try {
      watch.signal?.throwIfAborted();
      return await this.attempt(order, watch);
    } finally {
      this.slots.give();
    }
  }

  /** Physical memory of all its processes. */
  get residentBytes(): number {
    return [...this.processes].reduce((sum, { residentBytes }) => sum + residentBytes, 0);
  }

  /** Ends every process at once, whatever it does. */
  async close(): Promise<void> {
    this.closed = true;
    await Promise.all([...this.processes].map((process) => this.discard(process)));
  }

  /** A warm process may have died a moment ago; what it never received goes to a new one. */
  private async attempt(order: Order, watch: OrderWatch): Promise<Result> {
    const warm = this.takeIdle();
    if (warm) {
      try {
        return await this.use(warm, order, watch);
      } catch (error) {
        const unheard = error instanceof ProcessDeath && !error.accepted && error.reason !== 'time';
        if (!unheard || this.closed) throw error;
      }
    }
    return this.use(this.start(), order, watch);
  }

  private async use(process: IsolatedProcess, order: Order, watch: OrderWatch): Promise<Result> {
    let outcome: OrderOutcome<Result>;
    try {
      outcome = await process.carryOut(order, watch, this.options);
    } catch (error) {
      await this.discard(process);
      if (error instanceof ProcessDeath) this.options.onDeath?.(error.reason);
      throw error;
    }
    // A foreseen error, such as broken input, is no reason to start another process.
    if (outcome.kind === 'failed' && outcome.error.code === 'internal') await this.discard(process);
    else await this.keep(process);
    if (outcome.kind === 'failed') throw outcome.error;
    return outcome.result;
  }

  private start(): IsolatedProcess {
    if (this.closed) throw new Error('The pool of processes is closed');
    const process = new IsolatedProcess(this.options.entry);
    this.processes.add(process);
    return process;
  }

  private takeIdle(): IsolatedProcess | undefined {
    for (let process = this.idle.pop(); process; process = this.idle.pop()) {
      if (process.alive) return process;
      this.processes.delete(process);
    }
    return undefined;
  }

  private async keep(process: IsolatedProcess): Promise<void> {
    const { memoryLimitBytes = Infinity } = this.options;
    const isSlim = process.residentBytes <= memoryLimitBytes * IDLE_SHARE;
    if (isSlim && process.alive && !this.closed) this.idle.push(process);
    else await this.discard(process);
  }

  private async discard(process: IsolatedProcess): Promise<void> {
    await process.kill();
    this.processes.delete(process);
  }
}
