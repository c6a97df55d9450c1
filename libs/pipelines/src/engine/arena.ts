import { RenderError } from '#core';

const PAGE_BYTES = 65_536;
const ALIGNMENT = 16;

/** Byte offset into the memory that the threads share. */
export type Address = number;

/** Hands out the shared memory from its start on; what was handed out last is released first. */
export class Arena {
  private next: Address;

  constructor(
    readonly memory: WebAssembly.Memory,
    /** First address to hand out. */
    start: Address,
    private readonly end: Address = memory.buffer.byteLength,
  ) {
    this.next = align(start);
  }

  /**
   * Memory of a fixed size, because growing it would pull the views from under the threads. Only what is touched becomes resident.
   * @throws RenderError `memory_exceeded` when the system does not grant its addresses
   */
  static createMemory(bytes: number): WebAssembly.Memory {
    const pages = Math.ceil(bytes / PAGE_BYTES);
    try {
      return new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
    } catch (cause) {
      const message = `The engine's memory of ${Math.round(bytes / 2 ** 20)} MB cannot be allocated`;
      throw new RenderError('memory_exceeded', message, { cause });
    }
  }

  /** @throws RenderError `internal` when the memory is used up */
  allocate(bytes: number): Address {
    const at = this.next;
    this.next = align(at + bytes);
    if (this.next > this.end) throw new RenderError('internal', `The engine's memory of ${this.end} bytes is used up`);
    return at;
  }

  /** Runs a step and releases all that it allocated. */
  async scoped<T>(step: () => Promise<T>): Promise<T> {
    const mark = this.next;
    try {
      return await step();
    } finally {
      this.next = mark;
    }
  }

  f32(at: Address, length: number): Float32Array {
    return new Float32Array(this.memory.buffer, at, length);
  }

  f64(at: Address, length: number): Float64Array {
    return new Float64Array(this.memory.buffer, at, length);
  }

  i32(at: Address, length: number): Int32Array {
    return new Int32Array(this.memory.buffer, at, length);
  }

  u16(at: Address, length: number): Uint16Array {
    return new Uint16Array(this.memory.buffer, at, length);
  }

  u8(at: Address, length: number): Uint8Array {
    return new Uint8Array(this.memory.buffer, at, length);
  }

  /** Copies numbers in as f32. */
  storeF32(values: ArrayLike<number>): Address {
    const at = this.allocate(values.length * 4);
    this.f32(at, values.length).set(values);
    return at;
  }
}

function align(at: Address): Address {
  return Math.ceil(at / ALIGNMENT) * ALIGNMENT;
}
