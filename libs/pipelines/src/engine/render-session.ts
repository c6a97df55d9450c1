import { Piscina } from 'piscina';
import { cpuLimit } from '#sandbox';
import type { EncodedBand } from '../print/output-profile.js';
import { Arena } from './arena.js';
import { builtFile } from './built-files.js';
import { THREAD_ARENA_BYTES } from './thread-context.js';
import { compileKernels, instantiateKernels, type Kernels, type RowArguments, type RowKernels } from './kernels.js';
import type { BandTask, KernelTask, PaintJob, ThreadData, ThreadTask } from './thread-tasks.js';
import { abortedError } from './unless-aborted.js';

/** Room for the fields of an analysis. */
const FIELD_BYTES = 320 * 1024 * 1024;

/** More would wait for the one that writes the file. */
const MOST_THREADS = 16;

/** A share of the rows is small enough that the others do not wait for a slow thread. */
const SHARES_PER_THREAD = 2;

export interface RenderSessionOptions {
  /** Painting threads; by default as many as this process may use processors, 1 to 16. */
  readonly threads?: number;
  readonly signal?: AbortSignal;
}

/** The threads of one render and the memory they share. Work in progress when the signal fires is killed. */
export class RenderSession {
  private readonly onAbort = (): void => void this.close();
  private paintCount = 0;
  /** Why a thread ended that had nothing to do: without it the rest would never be done. */
  private failure?: Error;

  private constructor(
    readonly threads: number,
    readonly arena: Arena,
    readonly kernels: Kernels,
    private readonly pool: Piscina<ThreadTask, EncodedBand | undefined>,
    private readonly signal: AbortSignal | undefined,
  ) {
    signal?.addEventListener('abort', this.onAbort, { once: true });
    pool.on('error', (error: Error) => {
      this.failure ??= error;
      void this.close();
    });
  }

  static async open(options: RenderSessionOptions = {}): Promise<RenderSession> {
    const threads = Math.min(MOST_THREADS, Math.max(1, options.threads ?? cpuLimit()));
    const { signal } = options;
    const module = await compileKernels();
    const memory = Arena.createMemory(FIELD_BYTES + threads * THREAD_ARENA_BYTES);
    const kernels = instantiateKernels(module, memory);
    // Address 0 stays unused, so that it can mean "none".
    const arena = new Arena(memory, 16);
    const threadCounter = arena.allocate(4);
    const threadArenas = arena.allocate(threads * THREAD_ARENA_BYTES);
    const workerData: ThreadData = { module, memory, threadCounter, threadArenas };
    const pool = new Piscina<ThreadTask, EncodedBand | undefined>({
      filename: builtFile('libs/pipelines/src/engine/thread.js'),
      minThreads: threads,
      maxThreads: threads,
      concurrentTasksPerWorker: 1,
      workerData,
      recordTiming: false,
    });
    return new RenderSession(threads, arena, kernels, pool, signal);
  }

  /**
   * Runs a kernel on rows 0..count, shared out among the threads.
   * @param args everything before the kernel's own (from, to)
   */
  async parallelRows<K extends keyof RowKernels>(kernel: K, count: number, ...args: RowArguments<K>): Promise<void> {
    const shares = Math.min(count, this.threads * SHARES_PER_THREAD);
    const tasks: Promise<unknown>[] = [];
    for (let i = 0; i < shares; i++) {
      const from = Math.floor((i * count) / shares);
      const to = Math.floor(((i + 1) * count) / shares);
      tasks.push(this.run({ kind: 'kernel', kernel, args: [...args, from, to] } satisfies KernelTask));
    }
    await Promise.all(tasks);
  }

  /** Starts a print on the threads. @returns a function that has one band of it painted and encoded */
  startPaint(job: Omit<PaintJob, 'id'>): (band: Omit<BandTask, 'kind' | 'job'>) => Promise<EncodedBand> {
    const numbered: PaintJob = { ...job, id: ++this.paintCount };
    return async (band) => (await this.run({ kind: 'band', job: numbered, ...band }))!;
  }

  /** @throws RenderError `render_aborted` once the signal has fired */
  throwIfAborted(): void {
    if (this.signal?.aborted) throw abortedError(this.signal);
  }

  /** Ends the threads at once, whatever they do. */
  async close(): Promise<void> {
    this.signal?.removeEventListener('abort', this.onAbort);
    await this.pool.destroy();
  }

  private async run(task: ThreadTask): Promise<EncodedBand | undefined> {
    this.throwIfAborted();
    if (this.failure) throw this.failure;
    try {
      return await this.pool.run(task);
    } catch (error) {
      this.throwIfAborted();
      throw this.failure ?? error;
    }
  }
}
