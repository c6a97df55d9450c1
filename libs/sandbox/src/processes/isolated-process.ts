import { type ChildProcess, spawn } from 'node:child_process';
import { constants, setPriority } from 'node:os';
import type { Socket } from 'node:net';
import { deserializeError, type PopRenderError } from '#core';
import { childProcesses, treeResidentBytes } from '../resources/process-tree.js';
import { childEnvironment } from './child-environment.js';
import { passOnErrors } from './child-errors.js';
import { type ExitReason, ProcessExitError } from './process-exit-error.js';
import { type CheckResult, parseReport, type ProcessReport, ProtocolError } from './process-report.js';
import { ReportStream } from './report-stream.js';
import type { Sandbox } from '../confinement/sandbox.js';
import { CHANNEL_FD, NICENESS } from './serve-tasks.js';
import type { WorkFolder } from './work-folder.js';

const MEMORY_SAMPLE_MS = 100;
/** A killed process exits well before; one that the kernel cannot end delays no caller longer. */
const DEATH_MS = 5_000;
/** For the process that waits for the killed one to notice. */
const NOTICE_MS = 500;
/** Signals that a process brings upon itself; others come from outside. */
const CRASH_SIGNALS = ['SIGSEGV', 'SIGABRT', 'SIGBUS', 'SIGILL', 'SIGFPE', 'SIGTRAP', 'SIGSYS', 'SIGXFSZ'];
/** A process that waited for one that a signal has ended, ends with this and the signal's number. */
const SIGNAL_CODE = 128;

export interface TaskOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (fraction: number) => void;
}

export interface TaskLimits {
  /** Physical memory of the process with all its threads; not enforced where there is no /proc. */
  readonly memoryLimitBytes?: number;
  readonly timeLimitMs?: number;
}

/** How the work of a task ended; either way the process is sound. */
export type TaskOutcome<Result> =
  { readonly kind: 'done'; readonly result: Result } | { readonly kind: 'failed'; readonly error: PopRenderError };

export interface IsolatedProcessOptions {
  readonly entry: string;
  readonly sandbox: Sandbox;
  readonly folder: WorkFolder;
  /** The user that it becomes, where the sandbox changes it. */
  readonly user?: number;
  /** Called when it sends a report without a task; it is killed then. */
  readonly onUnasked?: () => void;
}

/** A child process that executes one task at a time. Its reports are validated before use. */
export class IsolatedProcess {
  readonly folder: WorkFolder;
  private readonly child: ChildProcess;
  private readonly gone: Promise<void>;
  private readonly stream = new ReportStream();
  private onLine?: (line: string) => void;
  private onViolation: (error: Error) => void;
  private readonly muteErrors: () => void;
  private violated = false;

  constructor(private readonly options: IsolatedProcessOptions) {
    const { entry, sandbox, folder, user, onUnasked } = options;
    this.folder = folder;
    const [file, ...args] = sandbox.command({ entry, folder: folder.path, user });
    this.child = spawn(file, args, {
      cwd: folder.path,
      env: childEnvironment(),
      stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    });
    lowerPriority(this.child.pid);
    this.gone = new Promise((resolve) => this.child.once('exit', () => resolve()).once('error', () => resolve()));
    // Without a listener a failed start would end the whole program.
    this.child.on('error', () => undefined);
    this.muteErrors = passOnErrors(this.child.stderr!);
    this.onViolation = () => {
      onUnasked?.();
      void this.kill();
    };
    this.channel.on('data', (chunk: Buffer) => this.receive(chunk)).on('error', () => undefined);
  }

  get alive(): boolean {
    return !this.violated && this.child.exitCode === null && this.child.signalCode === null && this.channel.writable;
  }

  get residentBytes(): number {
    return this.child.pid === undefined ? 0 : treeResidentBytes(this.child.pid);
  }

  /**
   * @throws ProcessDeath when the process ended, passed a limit or sent nonsense, the signal's reason on abort. It must be
   *   killed then.
   */
  execute<Task, Result>(
    task: Task,
    { signal, onProgress }: TaskOptions,
    limits: TaskLimits,
    checkResult: CheckResult<Result>,
  ): Promise<TaskOutcome<Result>> {
    const { child } = this;
    const unasked = this.onViolation;
    let accepted = false;
    return new Promise((resolve, reject) => {
      const settle = (act: () => void): void => {
        child.off('exit', onExit).off('error', onError);
        this.onLine = undefined;
        this.onViolation = unasked;
        signal?.removeEventListener('abort', onAbort);
        stopLimits();
        act();
      };
      const die = (reason: ExitReason, message: string, cause?: Error): void =>
        settle(() => reject(new ProcessExitError(reason, message, accepted, cause && { cause })));
      const onReport = (report: ProcessReport<Result>): void => {
        if (accepted === (report.kind === 'accepted')) throw new ProtocolError(`Report out of turn: ${report.kind}`);
        if (report.kind === 'accepted') accepted = true;
        else if (report.kind === 'progress') onProgress?.(report.fraction);
        else if (report.kind === 'done') settle(() => resolve(report));
        else settle(() => resolve({ kind: 'failed', error: deserializeError(report.error) }));
      };
      const onExit = (code: number | null, signalled: NodeJS.Signals | null): void => {
        const killer = signalled ?? this.signalOf(code);
        const reason = killer && !CRASH_SIGNALS.includes(killer) ? 'killed' : 'crashed';
        die(reason, `Process ended with ${killer ?? `code ${code}`}`);
      };
      const onError = (cause: Error): void => die('unusable', 'Process could not be used', cause);
      const onAbort = (): void => settle(() => reject(signal?.reason as Error));
      const stopLimits = this.enforce(limits, die);
      this.stream.restart();
      this.onLine = (line) => onReport(parseReport(line, checkResult));
      this.onViolation = (error) => die('protocol', error.message);
      child.once('exit', onExit).on('error', onError);
      signal?.addEventListener('abort', onAbort, { once: true });
      if (this.alive) this.channel.write(`${JSON.stringify(task)}\n`);
      else onError(new Error('It has ended'));
    });
  }

  /** Ends it with all that it has started, whatever it does, and waits until it is gone. */
  async kill(): Promise<void> {
    const { child } = this;
    if (child.exitCode === null && child.signalCode === null) this.muteErrors();
    const below = this.options.sandbox.forks && child.pid !== undefined ? childProcesses(child.pid) : [];
    // The first process of a namespace takes all others along, and the one that waits for it reaps it.
    for (const pid of below) killQuietly(pid);
    const last = setTimeout(() => child.kill('SIGKILL'), below.length > 0 ? NOTICE_MS : 0);
    if (below.length === 0) child.kill('SIGKILL');
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<void>((resolve) => (timer = setTimeout(resolve, DEATH_MS)));
    await Promise.race([this.gone, patience]);
    clearTimeout(timer);
    clearTimeout(last);
    this.channel.destroy();
  }

  private get channel(): Socket {
    return this.child.stdio[CHANNEL_FD] as Socket;
  }

  private receive(chunk: Buffer): void {
    if (this.violated) return;
    try {
      for (const line of this.stream.take(chunk)) {
        if (!this.onLine) throw new ProtocolError('Report without a task');
        this.onLine(line);
      }
    } catch (error) {
      this.violated = true;
      this.channel.pause();
      this.onViolation(error as Error);
    }
  }

  private signalOf(code: number | null): NodeJS.Signals | undefined {
    if (!this.options.sandbox.forks || code === null || code <= SIGNAL_CODE) return undefined;
    const [name] = Object.entries(constants.signals).find(([, number]) => number === code - SIGNAL_CODE) ?? [];
    return name as NodeJS.Signals | undefined;
  }

  private enforce(limits: TaskLimits, die: (reason: ExitReason, message: string) => void): () => void {
    const { memoryLimitBytes = Infinity, timeLimitMs } = limits;
    const sampler = setInterval(() => {
      const held = this.residentBytes;
      if (held > memoryLimitBytes) die('memory', `Process held ${held} bytes of ${memoryLimitBytes}`);
    }, MEMORY_SAMPLE_MS);
    const timer =
      timeLimitMs === undefined
        ? undefined
        : setTimeout(() => die('time', `Process took longer than ${timeLimitMs} ms`), timeLimitMs);
    return () => {
      clearInterval(sampler);
      clearTimeout(timer);
    };
  }
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It is gone already.
  }
}

function lowerPriority(pid: number | undefined): void {
  try {
    if (pid !== undefined) setPriority(pid, NICENESS);
  } catch {
    // It is gone already, which its task will show; or the system does not allow it.
  }
}
