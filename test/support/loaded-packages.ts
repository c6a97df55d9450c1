import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';

/**
 * The packages of which a process has run any code, told by Node itself at its end.
 * @param folder NODE_V8_COVERAGE of the process
 */
export async function loadedPackages(folder: string, pid: number): Promise<Set<string>> {
  const files = (await readdir(folder)).filter((file) => file.startsWith(`coverage-${pid}-`));
  const names = new Set<string>();
  for (const file of files) {
    const { result } = JSON.parse(await readFile(path.join(folder, file), 'utf8')) as { result: { url: string }[] };
    for (const { url } of result) {
      const name = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1];
      if (name) names.add(name);
    }
  }
  if (!names.has('pino')) throw new Error(`Process ${pid} has told nothing of what it loaded`);
  return names;
}
