/** The parts of the WebAssembly interface that the engine uses; TypeScript declares it for browsers only. */
declare namespace WebAssembly {
  class Module {
    private readonly brand: unknown;
  }
  class Memory {
    constructor(options: { initial: number; maximum: number; shared: boolean });
    readonly buffer: ArrayBuffer;
  }
  class Instance {
    constructor(module: Module, imports: Record<string, Record<string, unknown>>);
    readonly exports: Readonly<Record<string, unknown>>;
  }
  function compile(bytes: Uint8Array): Promise<Module>;
}
