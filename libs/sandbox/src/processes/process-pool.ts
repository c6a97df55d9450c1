import { existsSync } from 'node:fs';
import { IsolatedProcess, type TaskLimits, type TaskOutcome, type TaskOptions } from './isolated-process.js';
import { TempDirectory } from '../temp/temp-directory.js';
import { type ExitReason, ProcessExitError } from './process-exit-error.js';
import { type CheckResult, ProtocolError } from './process-report.js';
import { type ChosenSandbox, chooseSandbox } from '../confinement/choose-sandbox.js';
import type { SandboxMode } from '../confinement/sandbox.js';
import { nextUser } from '../confinement/sandbox-user.js';
import { Semaphore } from './semaphore.js';
import type { TaskFiles } from './task-files.js';
import { WorkFolder } from './work-folder.js';

export type { TaskOptions };

export interface ProcessPoolOptions extends TaskLimits {
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
  /** Tasks executed at a time; as many processes are kept warm. */
  readonly size: number;
  /** Tasks after which a process is replaced by a fresh one; none by default. */
  readonly maxTasksPerProcess?: number;
  readonly onExit?: (reason: ExitReason) => void;
}

/** A process that holds more than this share of its limit between two tasks is replaced. */
const IDLE_SHARE = 0.5;

/**
 * Executes tasks in child processes, one each at a time, kept warm in between. A process can be killed at any
 * moment, so an abort and a limit always work, and a crash in native code ends one task and nothing else.
 */
export class ProcessPool<Task, Result> {
  private readonly processes = new Set<IsolatedProcess>();
  private readonly taskCounts = new WeakMap<IsolatedProcess, number>();
  private readonly idle: IsolatedProcess[] = [];
  private readonly slots: Semaphore;
  private scratch?: TempDirectory;
  private closed = false;

  constructor(private readonly options: ProcessPoolOptions) {
    const { entry, size } = options;
    if (!existsSync(entry)) throw new Error(`The script ${entry} is missing: build the project first`);
    this.slots = new Semaphore(size);
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
  async run(task: Task, options: TaskOptions = {}, files: TaskFiles = {}): Promise<Result> {
    await this.slots.acquire(options.signal);
    try {
      options.signal?.throwIfAborted();
      return await this.attempt(task, options, files);
    } finally {
      this.slots.release();
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
   * A warm process may have died a moment ago, or fallen to a task before this one; what it never received, or answered
   * with nonsense, goes to a new one.
   */
  private async attempt(task: Task, options: TaskOptions, files: TaskFiles): Promise<Result> {
    const warm = this.takeIdle();
    if (warm) {
      try {
        return await this.use(warm, task, options, files);
      } catch (error) {
        if (this.closed || !(error instanceof ProcessExitError) || !mayBeChance(error)) throw error;
      }
    }
    return this.use(await this.start(), task, options, files);
  }

  private async use(process: IsolatedProcess, task: Task, options: TaskOptions, files: TaskFiles): Promise<Result> {
    let outcome: TaskOutcome<Result>;
    try {
      outcome = await this.execute(process, task, options, files);
    } catch (error) {
      await this.discard(process);
      if (error instanceof ProcessExitError) this.options.onExit?.(error.reason);
      throw error;
    }
    // A foreseen error, such as broken input, is no reason to start another process.
    if (outcome.kind === 'failed' && outcome.error.code === 'internal') await this.discard(process);
    else await this.keep(process);
    if (outcome.kind === 'failed') throw outcome.error;
    return outcome.result;
  }

  private async execute(
    process: IsolatedProcess,
    task: Task,
    options: TaskOptions,
    files: TaskFiles,
  ): Promise<TaskOutcome<Result>> {
    const { checkResult = (result) => result } = this.options;
    await process.folder.give(files);
    options.signal?.throwIfAborted();
    const outcome = await process.execute(task, options, this.options, checkResult as CheckResult<Result>);
    try {
      if (outcome.kind === 'done') await process.folder.take(files);
    } catch (error) {
      if (error instanceof ProtocolError) throw new ProcessExitError('protocol', error.message, true);
      throw error;
    }
    return outcome;
  }

  private async start(): Promise<IsolatedProcess> {
    const { entry, name = 'pool', onExit } = this.options;
    const { sandbox } = await this.sandbox();
    if (!this.closed) this.scratch ??= TempDirectory.open(name);
    if (!this.scratch) throw new Error('The pool of processes is closed');
    const user = sandbox.changesUser ? nextUser() : undefined;
    const folder = await WorkFolder.create(this.scratch.path, user);
    const process = new IsolatedProcess({ entry, sandbox, folder, user, onUnasked: () => onExit?.('protocol') });
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
    const { memoryLimitBytes = Infinity, maxTasksPerProcess = Infinity } = this.options;
    const tasks = (this.taskCounts.get(process) ?? 0) + 1;
    this.taskCounts.set(process, tasks);
    const isSlim = process.residentBytes <= memoryLimitBytes * IDLE_SHARE;
    const isClear = await process.folder.clear();
    if (isSlim && isClear && tasks < maxTasksPerProcess && process.alive && !this.closed) this.idle.push(process);
    else await this.discard(process);
  }

  private async discard(process: IsolatedProcess): Promise<void> {
    await process.kill();
    await process.folder.remove();
    this.processes.delete(process);
  }
}

/** Whether the death of a warm process is unrelated to the task. */
function mayBeChance({ accepted, reason }: ProcessExitError): boolean {
  return reason === 'protocol' || (!accepted && reason !== 'time');
}
