import { readFile } from 'node:fs/promises';
import path from 'node:path';

const LISTER = path.resolve(__dirname, '../fixtures/list-loaded.cjs');

/**
 * Environment of a program that is to report, at exit, what it has loaded.
 * @param others scripts that it is to load besides
 */
export function tellingLoaded(folder: string, ...others: string[]): Record<string, string> {
  const options = [LISTER, ...others].map((script) => `--require ${script}`);
  return { NODE_OPTIONS: options.join(' '), LOADED_SCRIPTS: folder };
}

/** The packages of which a program with that environment had loaded anything, now that it has ended. */
export async function loadedPackages(folder: string, pid: number): Promise<string[]> {
  const urls = (await readFile(path.join(folder, String(pid)), 'utf8')).split('\n');
  const names = urls.map((url) => /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1]);
  return [...new Set(names.filter((name) => name !== undefined))];
}
