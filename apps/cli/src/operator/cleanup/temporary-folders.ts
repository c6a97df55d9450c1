import { readdir, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { terminalLine } from '#core';
import { staleDirectories, removeStaleDirectory } from '#sandbox';
import { type CommandContext, parseCommandLine } from '../../command.js';
import { outputError } from '../../failures.js';
import { changeOptions, readFileVariables } from '../operator-options.js';
import { printResult, pluralize, formatBytes, NOTHING_CHANGED } from '../output.js';

export async function run(args: string[], context: CommandContext): Promise<void> {
  const { values } = parseCommandLine(args, changeOptions);
  const variables = await readFileVariables(values['env-file']);
  const parent = variables.TMPDIR?.trim() || tmpdir();
  const folders = staleDirectories(parent);
  // Another user's cannot be read, and one that a starting service removes meanwhile is gone.
  const sizes = await Promise.all(folders.map((folder) => sizeOf(folder).catch(() => 0)));
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  const left = values.yes ? folders.filter((folder) => !removeStaleDirectory(folder)) : [];
  if (left.length > 0) throw outputError(`Cannot remove ${left.join(', ')}`);
  printResult(context, values.json, { removed: values.yes, folders, bytes }, () => {
    const amount = `${pluralize(folders.length, 'folder')} under ${parent} (${formatBytes(bytes)})`;
    if (values.yes) return `Removed ${amount}`;
    return [...folders.map((folder) => `  ${terminalLine(folder)}`), `Would remove ${amount}. ${NOTHING_CHANGED}`].join(
      '\n',
    );
  });
}

async function sizeOf(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
  const sizes = await Promise.all(files.map(async (file) => (await stat(file)).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}
