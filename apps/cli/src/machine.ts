import { readFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';

/** Modules are loaded side by side, and loading them with fewer fails in ways that do not show why. */
const OPEN_FILES = 256;
/** Address space of the engine: the threads' shared memory reserves 10 GB of it, each thread some more. Measured, with a margin. */
const ENGINE_ADDRESS_BYTES = 14e9;
const THREAD_ADDRESS_BYTES = 0.8e9;
/** Threads of Node and of the libraries, besides those that paint. */
const OTHER_THREADS = 32;
const MOST_THREADS = 16;

/** The machine lets this process have too little; the message names the resource and the limit to raise. */
export class ResourceLimitError extends Error {}

const machineError = (message: string, cause?: unknown): ResourceLimitError =>
  new ResourceLimitError(message, { cause });

/** @throws LackError when the process may not open as many files as loading a command takes */
export function requireOpenFiles(): void {
  const limit = limitOf('Max open files');
  if (limit < OPEN_FILES) throw tooFewFiles();
}

/**
 * Without this the process would be ended by the system in the middle of the work, without a word.
 * @param threads painting threads; by default as many as there are processors
 * @throws LackError when they cannot have their addresses or cannot be started
 */
export function requireThreads(threads: number = Math.min(MOST_THREADS, availableParallelism())): void {
  const needed = ENGINE_ADDRESS_BYTES + threads * THREAD_ADDRESS_BYTES;
  const addresses = limitOf('Max address space');
  if (addresses < needed) {
    throw machineError(
      `This process may use ${gigabytes(addresses)} GB of addresses, and ${threads} painting threads take ${gigabytes(needed)} GB ` +
        '(reserved, not used): lift the limit with ulimit -v unlimited, or use fewer --threads',
    );
  }
  const tasks = limitOf('Max processes');
  // Root is not held to it.
  if (process.getuid?.() !== 0 && tasks < OTHER_THREADS + threads) throw tooFewThreads(` (${tasks} in all)`);
}

/** The resource limit behind a failure, or undefined when there is another reason. */
export function resourceLimitBehind(thrown: unknown): ResourceLimitError | undefined {
  if (thrown instanceof ResourceLimitError) return thrown;
  for (let [error, depth] = [thrown, 0]; error instanceof Error && depth < 5; depth++) {
    const { code = '', syscall } = error as NodeJS.ErrnoException;
    if (code === 'EMFILE' || code === 'ENFILE') return tooFewFiles(thrown);
    if (
      code === 'ERR_WORKER_INIT_FAILED' ||
      (code === 'EAGAIN' && syscall !== undefined && /spawn|fork/.test(syscall))
    ) {
      return tooFewThreads('', thrown);
    }
    if (code === 'ENOMEM' || code === 'ERR_WORKER_OUT_OF_MEMORY' || OUT_OF_MEMORY.test(error.message)) {
      const advice = 'raise its limit (ulimit -v, or that of the container), or use --threads 1';
      return machineError(`There is not enough memory: ${advice}`, thrown);
    }
    error = error.cause;
  }
  return undefined;
}

/** Where a file of the system's temporary folder could not be written: what to change, to be said after the reason. */
export function adviceOnTemporary(file: string | undefined): string {
  return file?.startsWith(path.join(tmpdir(), path.sep)) ? '; TMPDIR names another folder for temporary files' : '';
}

const OUT_OF_MEMORY = /out of memory|could not allocate memory|cannot allocate memory|array buffer allocation failed/i;

const tooFewFiles = (cause?: unknown): ResourceLimitError =>
  machineError(
    `This process may open ${limitOf('Max open files')} files, which are too few: raise the limit, as with ulimit -n 1024`,
    cause,
  );

const tooFewThreads = (allowed: string, cause?: unknown): ResourceLimitError =>
  machineError(
    `The system refuses more threads${allowed}: raise the limit of processes (ulimit -u, or pids of the container), or use --threads 1`,
    cause,
  );

const gigabytes = (bytes: number): string => (bytes / 1e9).toFixed(1);

/** The limit that holds for this process now; Infinity when there is none, or the system does not report one. */
function limitOf(name: string): number {
  let limits: string;
  try {
    limits = readFileSync('/proc/self/limits', 'utf8');
  } catch {
    return Infinity; // Not Linux.
  }
  const soft = new RegExp(`^${name}\\s+(\\d+)`, 'm').exec(limits)?.[1];
  return soft === undefined ? Infinity : Number(soft);
}
