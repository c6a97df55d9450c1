import type { Address, Arena } from './arena.js';

/** Fields of a kernel's parameters, four bytes each, in their order: the layouts of kernels.generated.ts. */
export type Layout = Readonly<Record<string, 'f32' | 'i32'>>;

/** Parameters that a kernel takes as one address: written once and read on every call. */
export class ParameterBlock<L extends Layout> {
  readonly at: Address;
  private readonly names: readonly string[];

  /**
   * @param arena where the block lies, and for how long
   * @param values of all fields; addresses and whole numbers as i32
   */
  constructor(
    private readonly arena: Arena,
    private readonly layout: L,
    values: Readonly<Record<keyof L, number>>,
  ) {
    this.names = Object.keys(layout);
    this.at = arena.allocate(this.names.length * 4);
    this.names.forEach((name, i) => (this.viewOf(name)[i] = values[name]));
  }

  /** The value of a field, which a kernel may have changed. */
  get(name: keyof L & string): number {
    return this.viewOf(name)[this.names.indexOf(name)];
  }

  private viewOf(name: string): Float32Array | Int32Array {
    const { arena, at, names } = this;
    return this.layout[name] === 'f32' ? arena.f32(at, names.length) : arena.i32(at, names.length);
  }
}
