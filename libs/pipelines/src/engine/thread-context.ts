import { type Arena } from './arena.js';
import type { Kernels } from './kernels.js';

/** What a painting thread works with: the kernels and a part of the shared memory that is its own. */
export interface ThreadContext {
  readonly kernels: Kernels;
  readonly arena: Arena;
}

/** Bytes of shared memory set aside for each thread: its band, its strips and the scratch rows of its painter. */
export const THREAD_ARENA_BYTES = 24 * 1024 * 1024;
