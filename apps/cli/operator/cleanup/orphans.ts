import { writeFile } from 'node:fs/promises';
import type { ListedObject } from '#core';
import { findOrphans } from '#housekeeping';
import { type CommandContext, parseCommandLine } from '../../command.js';
import { CliError, EXIT, outputError, usageError } from '../../failures.js';
import { requireNew } from '../../files.js';
import { ProgressBar } from '../../progress-bar.js';
import { type Deployment, withDeployment } from '../deployment.js';
import { changeOptions, durationOption, readVariables } from '../operator-line.js';
import { answer, counted, formatBytes, NOTHING_CHANGED } from '../output.js';

const options = {
  ...changeOptions,
  'older-than': { type: 'string', default: '24h' },
  list: { type: 'string' },
} as const;

const FIRST = 10;
/** Younger ones may belong to an upload or a render under way. */
const LEAST_AGE = '1h';

export async function run(args: string[], context: CommandContext): Promise<void> {
  const { values } = parseCommandLine(args, options);
  const { yes, json, list } = values;
  if (json && list === '-') throw usageError('--json and --list - both want standard output');
  // Before anything is removed: a list that cannot be written would be missed afterwards.
  if (list !== undefined && list !== '-') await requireNew(list);
  const before = new Date(Date.now() - durationOption('older-than', values['older-than'], LEAST_AGE) * 1000);
  const bar = new ProgressBar(true);
  const found: ListedObject[] = [];
  await withDeployment(await readVariables(values['env-file']), ['database', 'storage'], async (deployment) => {
    const collect = (): Promise<void> => search(deployment, { before, yes, found, bar, signal: context.signal });
    try {
      if (!yes) return await collect();
      if (await deployment.database.leadership.tryRun('sweep', collect)) return;
    } finally {
      bar.clear();
    }
    throw new CliError(EXIT.failed, 'A worker is removing orphans at this moment: try again when it is done');
  });
  const keys = found.map(({ key }) => key);
  if (list === '-') return keys.forEach((key) => context.print(key));
  if (list !== undefined) await writeList(list, keys);
  const bytes = found.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  answer(context, json, { removed: yes, objects: found.length, bytes, keys }, () => {
    const amount = `${counted(found.length, 'object')} (${formatBytes(bytes)})`;
    if (yes || found.length === 0) return `Removed ${amount}`;
    const rest = found.length > FIRST ? [`  ... and ${found.length - FIRST} more; --list FILE names all`] : [];
    const first = keys.slice(0, FIRST).map((key) => `  ${key}`);
    return [...first, ...rest, `Would remove ${amount}. ${NOTHING_CHANGED}`].join('\n');
  });
}

interface Search {
  readonly before: Date;
  readonly yes: boolean;
  readonly found: ListedObject[];
  readonly bar: ProgressBar;
  readonly signal: AbortSignal;
}

async function search(
  { database, storage }: Deployment<'database' | 'storage'>,
  { before, yes, found, bar, signal }: Search,
): Promise<void> {
  let seen = 0;
  const onSeen = (): void => bar.tell(`${counted(++seen, 'object')} seen, ${counted(found.length, 'orphan')}`);
  for await (const orphan of findOrphans({ objects: storage, references: database.references, before, onSeen })) {
    signal.throwIfAborted();
    if (yes) await storage.remove(orphan.key);
    found.push(orphan);
  }
}

async function writeList(file: string, keys: readonly string[]): Promise<void> {
  try {
    await writeFile(file, keys.map((key) => `${key}\n`).join(''), { flag: 'wx' });
  } catch (error) {
    throw outputError(`${file} cannot be written: ${(error as Error).message}`, error);
  }
}
