import { move, transferableSymbol, valueSymbol, workerData } from 'piscina';
import type { EncodedBand } from '../print/output-profile.js';
import { Arena } from './arena.js';
import { BandRenderer } from './band-renderer.js';
import { THREAD_ARENA_BYTES } from './thread-context.js';
import { instantiateKernels } from './kernels.js';
import type { BandTask, ThreadData, ThreadTask } from './thread-tasks.js';

/** Entry of a painting thread: runs kernels for the analysis, then paints and encodes bands. */
const { module, memory, threadCounter, threadArenas } = workerData as ThreadData;
const kernels = instantiateKernels(module, memory);
const threadIndex = Atomics.add(new Int32Array(memory.buffer), threadCounter / 4, 1);
const start = threadArenas + threadIndex * THREAD_ARENA_BYTES;
let current: { readonly id: number; readonly renderer: BandRenderer } | undefined;

export default async function run(task: ThreadTask): Promise<unknown> {
  if (task.kind === 'band') return handOver(await produce(task));
  const kernel = kernels[task.kernel] as ((...args: readonly number[]) => void) | undefined;
  if (kernel === undefined) throw new Error(`There is no kernel ${task.kernel}`);
  kernel(...task.args);
  return undefined;
}

async function produce({ job, y0, rows }: BandTask): Promise<EncodedBand> {
  if (current?.id !== job.id) {
    const arena = new Arena(memory, start, start + THREAD_ARENA_BYTES);
    current = { id: job.id, renderer: await BandRenderer.create(job, { kernels, arena }) };
  }
  return current.renderer.render(y0, rows);
}

/** Moves the buffers of a band to the main thread instead of copying them. */
function handOver(band: EncodedBand): unknown {
  const views = [band.bytes, band.preview?.sums].filter((view) => view !== undefined);
  return move({
    get [transferableSymbol]() {
      return views.map(({ buffer }) => buffer as ArrayBuffer);
    },
    get [valueSymbol]() {
      return band;
    },
  });
}
