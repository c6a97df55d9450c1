import { type ChildProcess, fork } from 'node:child_process';
import { setPriority } from 'node:os';
import path from 'node:path';
import { deserializeError, type PopRenderError } from '#core';
import { residentBytes } from '#resources';
import { type DeathReason, ProcessDeath } from './process-death.js';
import type { ProcessReport } from './process-report.js';

/** Decoding and rendering need no settings, and get no secrets. */
const PASSED_ENVIRONMENT = ['PATH', 'TMPDIR', 'TZ', 'LD_LIBRARY_PATH', 'LD_PRELOAD', 'MALLOC_ARENA_MAX'];
const MEMORY_SAMPLE_MS = 100;
/** What was killed is gone well before; a process that the kernel cannot end holds nobody up for longer. */
const DEATH_MS = 5_000;
/** Below the parent's: however busy the processors are with pictures, it answers. The threads inherit it. */
const NICENESS = 5;
/** Signals that a process brings upon itself; others come from outside. */
const FAULTS = ['SIGSEGV', 'SIGABRT', 'SIGBUS', 'SIGILL', 'SIGFPE', 'SIGTRAP', 'SIGSYS', 'SIGXFSZ'];

export interface OrderWatch {
  readonly signal?: AbortSignal;
  readonly onProgress?: (fraction: number) => void;
}

export interface OrderLimits {
  /** Physical memory of the process with all its threads; not enforced where there is no /proc. */
  readonly memoryLimitBytes?: number;
  readonly timeLimitMs?: number;
}

/** How the work of an order ended; either way the process is sound. */
export type OrderOutcome<Result> =
  { readonly kind: 'done'; readonly result: Result } | { readonly kind: 'failed'; readonly error: PopRenderError };

/** A child process that carries out one order at a time. */
export class IsolatedProcess {
  private readonly child: ChildProcess;
  private readonly gone: Promise<void>;

  constructor(entry: string) {
    const env = Object.fromEntries(
      PASSED_ENVIRONMENT.flatMap((name) => (name in process.env ? [[name, process.env[name]]] : [])),
    );
    if (env.TMPDIR) env.TMPDIR = path.resolve(env.TMPDIR);
    this.child = fork(entry, [], {
      // Not ours, which an update may have removed meanwhile: no thread starts in a folder that is gone.
      cwd: path.parse(process.execPath).root,
      env,
      execArgv: [],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    lowerPriority(this.child.pid);
    this.gone = new Promise((resolve) => this.child.once('exit', () => resolve()).once('error', () => resolve()));
    // Without a listener a failed start would end the whole program.
    this.child.on('error', () => undefined);
  }

  get alive(): boolean {
    return this.child.connected && this.child.exitCode === null && this.child.signalCode === null;
  }

  get residentBytes(): number {
    return (this.child.pid !== undefined && residentBytes(this.child.pid)) || 0;
  }

  /**
   * @throws ProcessDeath when the process ended or passed a limit, the signal's reason on abort. It must be killed then.
   */
  carryOut<Order, Result>(
    order: Order,
    { signal, onProgress }: OrderWatch,
    limits: OrderLimits,
  ): Promise<OrderOutcome<Result>> {
    const { child } = this;
    let accepted = false;
    return new Promise((resolve, reject) => {
      const settle = (act: () => void): void => {
        child.off('message', onMessage).off('exit', onExit).off('error', onError);
        signal?.removeEventListener('abort', onAbort);
        stopLimits();
        act();
      };
      const die = (reason: DeathReason, message: string, cause?: Error): void =>
        settle(() => reject(new ProcessDeath(reason, message, accepted, cause && { cause })));
      const onMessage = (report: ProcessReport<Result>): void => {
        if (report.kind === 'accepted') accepted = true;
        else if (report.kind === 'progress') onProgress?.(report.fraction);
        else if (report.kind === 'done') settle(() => resolve(report));
        else settle(() => resolve({ kind: 'failed', error: deserializeError(report.error) }));
      };
      const onExit = (code: number | null, killer: NodeJS.Signals | null): void =>
        die(
          killer && !FAULTS.includes(killer) ? 'killed' : 'crashed',
          `Process ended with ${killer ?? `code ${code}`}`,
        );
      const onError = (cause: Error): void => die('unusable', 'Process could not be used', cause);
      const onAbort = (): void => settle(() => reject(signal?.reason as Error));
      const stopLimits = this.enforce(limits, die);
      child.on('message', onMessage).once('exit', onExit).on('error', onError);
      signal?.addEventListener('abort', onAbort, { once: true });
      if (this.alive) child.send(order as object);
      else onError(new Error('It has ended'));
    });
  }

  /** Ends it, whatever it does, and waits until it is gone. */
  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<void>((resolve) => (timer = setTimeout(resolve, DEATH_MS)));
    await Promise.race([this.gone, patience]);
    clearTimeout(timer);
  }

  private enforce(limits: OrderLimits, die: (reason: DeathReason, message: string) => void): () => void {
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

function lowerPriority(pid: number | undefined): void {
  try {
    if (pid !== undefined) setPriority(pid, NICENESS);
  } catch {
    // It is gone already, which its order will show; or the system does not allow it.
  }
}
