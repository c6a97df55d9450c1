import { readFile } from 'node:fs/promises';
import { builtFile } from './built-files.js';

/** The compiled kernels by name; their sources say what each takes. Numbers only. */
export type Kernels = Readonly<Record<string, (...args: number[]) => number>>;

export async function compileKernels(): Promise<WebAssembly.Module> {
  return WebAssembly.compile(await readFile(builtFile('libs/pipelines/src/kernels.wasm')));
}

/** The kernels on the given memory, of which they use nothing on their own. */
export function instantiateKernels(module: WebAssembly.Module, memory: WebAssembly.Memory): Kernels {
  return new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Kernels;
}
