import { existsSync } from 'node:fs';
import { IsolatedProcess, type OrderLimits, type OrderOutcome, type OrderWatch } from './isolated-process.js';
import { ScratchFolder } from '#scratch';
import { type DeathReason, ProcessDeath } from './process-death.js';
import { type CheckResult, ProtocolError } from './process-report.js';
import { type ChosenSandbox, chooseSandbox } from './sandbox/choose-sandbox.js';
import type { SandboxMode } from './sandbox/sandbox.js';
import { nextUser } from './sandbox/sandbox-user.js';
import { Slots } from './slots.js';
import type { TaskFiles } from './task-files.js';
import { WorkFolder } from './work-folder.js';

export type { OrderWatch };

export interface ProcessPoolOptions extends OrderLimits {
  /** One word for the name of its folder of temporary files. */
  readonly name?: string;
  /** Compiled script of the processes; it calls `serveOrders`. */
  readonly entry: string;
  /** Packages with native code that the script loads. */
  readonly packages?: readonly string[];
  /** How the processes are confined; not at all by default. */
  readonly sandbox?: SandboxMode;
  /** Form of the results. A process that sends another one is killed. */
  readonly checkResult?: CheckResult<unknown>;
  /** Orders carried out at a time; as many processes are kept warm. */
  readonly size: number;
  /** Orders after which a process is replaced by a fresh one; none by default. */
  readonly maxOrders?: number;
  readonly onDeath?: (reason: DeathReason) => void;
}

/** A process that holds more than this share of its limit between two orders is replaced. */
const IDLE_SHARE = 0.5;

/**
 * Carries out orders in child processes, one each at a time, kept warm in between. A process can be killed at any
 * moment, so an abort and a limit always work, and a crash in native code ends one order and nothing else.
 */
export class ProcessPool<Order, Result> {
  private readonly processes = new Set<IsolatedProcess>();
  private readonly carriedOut = new WeakMap<IsolatedProcess, number>();
  private readonly idle: IsolatedProcess[] = [];
  private readonly slots: Slots;
  private scratch?: ScratchFolder;
  private closed = false;

  constructor(private readonly options: ProcessPoolOptions) {
    const { entry, size } = options;
    if (!existsSync(entry)) throw new Error(`The script ${entry} is missing: build the project first`);
    this.slots = new Slots(size);
  }

  /**
   * How its processes are confined, which is tried out the first time.
   * @throws ConfigurationError when that is less than was required
   */
  sandbox(): Promise<ChosenSandbox> {
    const { sandbox = 'off', entry, packages } = this.options;
    return chooseSandbox(sandbox, { entry, packages });
  }

  /**
   * @param files what the process is given to read and has to write
   * @throws ProcessDeath when the process ended or was ended by a limit; the signal's reason
   *   on abort; otherwise what the work itself ended with, as a PopRenderError.
   */
  async run(order: Order, watch: OrderWatch = {}, files: TaskFiles = {}): Promise<Result> {
    await this.slots.take(watch.signal);
    try {
      watch.signal?.throwIfAborted();
      return await this.attempt(order, watch, files);
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
    this.scratch?.close();
    this.scratch = undefined;
  }

  /**
   * A warm process may have died a moment ago, or fallen to an order before this one; what it never received, or answered
   * with nonsense, goes to a new one.
   */
  private async attempt(order: Order, watch: OrderWatch, files: TaskFiles): Promise<Result> {
    const warm = this.takeIdle();
    if (warm) {
      try {
        return await this.use(warm, order, watch, files);
      } catch (error) {
        if (this.closed || !(error instanceof ProcessDeath) || !mayBeChance(error)) throw error;
      }
    }
    return this.use(await this.start(), order, watch, files);
  }

  private async use(process: IsolatedProcess, order: Order, watch: OrderWatch, files: TaskFiles): Promise<Result> {
    let outcome: OrderOutcome<Result>;
    try {
      outcome = await this.carryOut(process, order, watch, files);
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

  private async carryOut(
    process: IsolatedProcess,
    order: Order,
    watch: OrderWatch,
    files: TaskFiles,
  ): Promise<OrderOutcome<Result>> {
    const { checkResult = (result) => result } = this.options;
    await process.folder.give(files);
    watch.signal?.throwIfAborted();
    const outcome = await process.carryOut(order, watch, this.options, checkResult as CheckResult<Result>);
    try {
      if (outcome.kind === 'done') await process.folder.take(files);
    } catch (error) {
      if (error instanceof ProtocolError) throw new ProcessDeath('protocol', error.message, true);
      throw error;
    }
    return outcome;
  }

  private async start(): Promise<IsolatedProcess> {
    const { entry, name = 'pool', onDeath } = this.options;
    const { sandbox } = await this.sandbox();
    if (!this.closed) this.scratch ??= ScratchFolder.open(name);
    if (!this.scratch) throw new Error('The pool of processes is closed');
    const user = sandbox.changesUser ? nextUser() : undefined;
    const folder = await WorkFolder.create(this.scratch.path, user);
    const process = new IsolatedProcess({ entry, sandbox, folder, user, onUnasked: () => onDeath?.('protocol') });
    this.processes.add(process);
    if (this.closed) await this.discard(process);
    return process;
  }

  private takeIdle(): IsolatedProcess | undefined {
    for (let process = this.idle.pop(); process; process = this.idle.pop()) {
      if (process.alive) return process;
      void this.discard(process);
    }
    return undefined;
  }

  private async keep(process: IsolatedProcess): Promise<void> {
    const { memoryLimitBytes = Infinity, maxOrders = Infinity } = this.options;
    const orders = (this.carriedOut.get(process) ?? 0) + 1;
    this.carriedOut.set(process, orders);
    const isSlim = process.residentBytes <= memoryLimitBytes * IDLE_SHARE;
    const isClear = await process.folder.clear();
    if (isSlim && isClear && orders < maxOrders && process.alive && !this.closed) this.idle.push(process);
    else await this.discard(process);
  }

  private async discard(process: IsolatedProcess): Promise<void> {
    await process.kill();
    await process.folder.remove();
    this.processes.delete(process);
  }
}

/** Whether the death of a warm process says nothing about the order. */
function mayBeChance({ accepted, reason }: ProcessDeath): boolean {
  return reason === 'protocol' || (!accepted && reason !== 'time');
}
