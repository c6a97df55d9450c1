// `npm run build:kernels`: compiles the kernels, the AssemblyScript in every folder named `kernels`, to one WebAssembly module.
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

const root = fileURLToPath(new URL('../..', import.meta.url));
const SOURCES = 'libs/pipelines/src';

/** Entry of each folder of kernels, relative to the project: the shared ones, then those of each style by name. */
function kernelEntries() {
  return readdirSync(path.join(root, SOURCES), { recursive: true })
    .map((file) => `${SOURCES}/${file.replaceAll(path.sep, '/')}`)
    .filter((file) => file.endsWith('/kernels/index.ts'))
    .sort();
}

const { error, stderr } = await asc.main([...kernelEntries(), '--config', 'asconfig.json', '--baseDir', root]);
if (error) {
  console.error(stderr.toString());
  process.exit(1);
}
