import { readFileSync } from 'node:fs';

/** The version of the package. */
export function readVersion(): string {
  // Compiled files live in dist/, sources beside package.json: walk up to whichever comes first.
  for (const up of ['../../../', '../../../../']) {
    try {
      const manifest = JSON.parse(readFileSync(new URL(`${up}package.json`, import.meta.url), 'utf8')) as {
        name?: string;
        version: string;
      };
      if (manifest.name === 'pop-render') return manifest.version;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
  return '0.0.0';
}
