import type { Address } from '../../engine/arena.js';
import { washOctaveLayout } from '../../engine/kernels.generated.js';
import { ParameterBlock } from '../../engine/parameter-block.js';
import type { ThreadContext } from '../../engine/thread-context.js';
import { splineWeights } from '../../fields/upscaler.js';

/** One octave of noise. */
export interface Octave {
  /** Lattice constant in print pixels. */
  readonly px: number;
  readonly amplitude: number;
  readonly seed: number;
}

/** Lattice columns in front of the print. */
const LEAD = 2;
const KEPT_ROWS = 4;

/** Octaves finer than two print pixels cannot be shown; they fade out before. */
export function visibleOctaves(octaves: readonly Octave[]): Octave[] {
  return octaves
    .map((octave) => ({ ...octave, amplitude: octave.amplitude * Math.min(1, Math.max(0, (octave.px - 1.6) / 1.4)) }))
    .filter(({ amplitude }) => amplitude > 0);
}

/** Cubic B-spline noise for whole print rows, a function of the absolute position and the seeds alone. */
export class Grain {
  private readonly layers: readonly Layer[];

  constructor(
    octaves: readonly Octave[],
    private readonly widthPx: number,
    private readonly context: ThreadContext,
  ) {
    this.layers = octaves.map((octave) => new Layer(octave, widthPx, context));
  }

  /** @param out f32 per print column, room for a multiple of four; zero mean, about -1..1 times the sum of amplitudes */
  row(y: number, out: Address): void {
    if (this.layers.length === 0) this.context.arena.f32(out, this.widthPx).fill(0);
    this.layers.forEach((layer, i) => layer.row(y, out, i === 0));
  }
}

class Layer {
  private readonly count: number;
  private readonly lattice: Address;
  private readonly parameters: ParameterBlock<typeof washOctaveLayout>;
  private readonly kept = new Array<number | undefined>(KEPT_ROWS);

  constructor(
    private readonly octave: Octave,
    widthPx: number,
    private readonly context: ThreadContext,
  ) {
    const { arena } = context;
    const columns = Math.ceil(widthPx / 4) * 4;
    this.count = Math.ceil((columns / octave.px + 2 * LEAD + 3) / 4) * 4;
    this.lattice = arena.allocate(KEPT_ROWS * this.count * 4);
    this.parameters = new ParameterBlock(arena, washOctaveLayout, {
      count: this.count,
      amplitude: octave.amplitude,
      blended: arena.allocate(this.count * 4),
      first: arena.allocate(columns * 4),
      weights: arena.allocate(columns * 16),
      n: widthPx,
    });
    const first = arena.i32(this.parameters.get('first'), columns);
    const weights = arena.f32(this.parameters.get('weights'), columns * 4);
    for (let x = 0; x < columns; x++) {
      const u = (x + 0.5) / octave.px;
      first[x] = Math.floor(u) - 1 + LEAD;
      weights.set(splineWeights(u - Math.floor(u)), 4 * x);
    }
  }

  row(y: number, out: Address, fresh: boolean): void {
    const v = (y + 0.5) / this.octave.px;
    const cell = Math.floor(v);
    const rows = [this.keep(cell - 1), this.keep(cell), this.keep(cell + 1), this.keep(cell + 2)] as const;
    this.context.kernels.washOctave(this.parameters.at, ...rows, v - cell, out, fresh ? 1 : 0);
  }

  private keep(row: number): Address {
    const slot = ((row % KEPT_ROWS) + KEPT_ROWS) % KEPT_ROWS;
    const at = this.lattice + slot * this.count * 4;
    if (this.kept[slot] !== row) {
      this.kept[slot] = row;
      this.context.kernels.washLattice(at, this.count, -LEAD, row, this.octave.seed);
    }
    return at;
  }
}
