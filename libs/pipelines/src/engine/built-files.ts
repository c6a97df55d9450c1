import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Path of a file that the build writes. Threads and kernels always run as built, also when the caller is a test that
 * runs from the sources.
 * @param file relative to the build's folder
 */
export function builtFile(file: string): string {
  let folder = path.dirname(fileURLToPath(import.meta.url));
  while (!existsSync(path.join(folder, 'package.json'))) {
    const parent = path.dirname(folder);
    if (parent === folder) throw new Error('The project folder was not found');
    folder = parent;
  }
  const found = path.join(folder, 'dist', file);
  if (!existsSync(found)) throw new Error(`${found} is missing: run npm run build`);
  return found;
}
