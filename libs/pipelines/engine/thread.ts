import { move, transferableSymbol, valueSymbol, workerData } from 'piscina';
import type { EncodedBand } from '../print/output-profile.js';
import { Arena } from './arena.js';
import { BandDesk } from './band-desk.js';
import { DESK_BYTES } from './desk.js';
import { instantiateKernels } from './kernels.js';
import type { BandTask, ThreadData, ThreadTask } from './thread-tasks.js';

/** Entry of a painting thread: runs kernels for the analysis, then paints and encodes bands. */
const { module, memory, seats, desks } = workerData as ThreadData;
const kernels = instantiateKernels(module, memory);
const seat = Atomics.add(new Int32Array(memory.buffer), seats / 4, 1);
const start = desks + seat * DESK_BYTES;
let current: { readonly id: number; readonly desk: BandDesk } | undefined;

export default async function run(task: ThreadTask): Promise<unknown> {
  if (task.kind === 'band') return handOver(await produce(task));
  const kernel = kernels[task.kernel];
  if (kernel === undefined) throw new Error(`There is no kernel ${task.kernel}`);
  kernel(...task.args);
  return undefined;
}

async function produce({ order, y0, rows }: BandTask): Promise<EncodedBand> {
  if (current?.id !== order.id) {
    const arena = new Arena(memory, start, start + DESK_BYTES);
    current = { id: order.id, desk: await BandDesk.create(order, { kernels, arena }) };
  }
  return current.desk.produce(y0, rows);
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
