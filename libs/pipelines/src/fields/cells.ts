import type { Address } from '../engine/arena.js';
import type { ThreadContext } from '../engine/thread-context.js';
import type { PrintGeometry } from '../geometry.js';
import { AXIS_PADDING, splineCell } from './upscaler.js';

/** Print columns grouped by the working columns they lie between: three i32 each, as the kernels labelRow and inkRow take them. */
export interface Cells {
  readonly at: Address;
  readonly count: number;
}

export function printCells({ widthPx, workingPerPxX }: PrintGeometry, { arena }: ThreadContext): Cells {
  const cells: number[] = [];
  for (let x = 0; x < widthPx; x++) {
    const first = splineCell(x, workingPerPxX).cell - 1 + AXIS_PADDING;
    if (cells.length > 0 && cells[cells.length - 3] === first) cells[cells.length - 1] = x + 1;
    else cells.push(first, x, x + 1);
  }
  const at = arena.allocate(cells.length * 4);
  arena.i32(at, cells.length).set(cells);
  return { at, count: cells.length / 3 };
}
