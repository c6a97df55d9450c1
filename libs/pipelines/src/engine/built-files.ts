import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/**
 * Path of a file that the build writes, by the import `#built/*` of package.json. Threads and kernels always run as built,
 * also when the caller is a test that runs from the sources.
 * @param file relative to the build's folder
 * @throws Error when it has not been built
 */
export function builtFile(file: string): string {
  try {
    return require.resolve(`#built/${file}`);
  } catch (cause) {
    throw new Error(`dist/${file} is missing: run npm run build`, { cause });
  }
}
