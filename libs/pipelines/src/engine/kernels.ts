import { readFile } from 'node:fs/promises';
import { builtFile } from './built-files.js';
import type { Kernels, RowKernels } from './kernels.generated.js';

export type { Kernels, RowKernels } from './kernels.generated.js';

/** Arguments of a kernel before its last two, the rows. */
export type RowArguments<K extends keyof RowKernels> =
  Parameters<RowKernels[K]> extends [...infer Own extends number[], number, number] ? Own : never;

export async function compileKernels(): Promise<WebAssembly.Module> {
  return WebAssembly.compile(await readFile(builtFile('libs/pipelines/src/kernels.wasm')));
}

/** The kernels on the given memory, of which they use nothing on their own. */
export function instantiateKernels(module: WebAssembly.Module, memory: WebAssembly.Memory): Kernels {
  return new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Kernels;
}
