import type { PrintFrame, PrintGeometry } from '../geometry.js';
import type { Address } from './arena.js';
import type { RowKernels } from './kernels.js';

/** What every thread receives at its start. */
export interface ThreadData {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  /** An i32 that counts the threads that have taken an arena. */
  readonly threadCounter: Address;
  /** First of the arenas of the threads, which lie one after another. */
  readonly threadArenas: Address;
}

/** Rows of an analysis: the kernel is called with these arguments. */
export interface KernelTask {
  readonly kind: 'kernel';
  readonly kernel: keyof RowKernels;
  readonly args: readonly number[];
}

/** One print to be painted. */
export interface PaintJob {
  /** A thread keeps the painter of the last job it saw. */
  readonly id: number;
  /** Slug, by which the thread finds the painter. */
  readonly style: string;
  readonly plan: unknown;
  /** Of the picture, which may be smaller than the sheet. */
  readonly geometry: PrintGeometry;
  readonly frame: PrintFrame;
  /** Most rows that a band has. */
  readonly bandRows: number;
  /** Name of an output profile; none for a preview alone. */
  readonly profile?: string;
  /** Size of the preview; none to do without. */
  readonly preview?: { readonly widthPx: number; readonly heightPx: number };
}

/** Some rows of a job: painted, encoded and added up for the preview in one thread. */
export interface BandTask {
  readonly kind: 'band';
  readonly job: PaintJob;
  readonly y0: number;
  readonly rows: number;
}

export type ThreadTask = KernelTask | BandTask;
