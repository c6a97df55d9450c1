import { readFileSync } from 'node:fs';

/** Files and connections that this process may have open at once; undefined where nothing limits them or /proc does not show it. */
export function openFilesLimit(readFile: (path: string) => string = readText): number | undefined {
  const soft = /^Max open files\s+(\d+)/m.exec(readFile('/proc/self/limits'))?.[1];
  return soft === undefined ? undefined : Number(soft);
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
