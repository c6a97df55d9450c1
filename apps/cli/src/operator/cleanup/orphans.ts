import { open, rm } from 'node:fs/promises';
import { type ListedObject, terminalLine } from '#core';
import { findOrphans } from '#application';
import { type CommandContext, parseCommandLine } from '../../command.js';
import { CliError, EXIT, outputError, usageError } from '../../failures.js';
import { requireNew } from '../../files.js';
import { ProgressBar } from '../../progress-bar.js';
import { type Deployment, withDeployment } from '../deployment.js';
import { changeOptions, durationOption, readVariables } from '../operator-options.js';
import { printResult, pluralize, formatBytes, NOTHING_CHANGED } from '../output.js';

const options = {
  ...changeOptions,
  'older-than': { type: 'string', default: '24h' },
  list: { type: 'string' },
} as const;

const FIRST = 10;
/** Younger ones may belong to an upload or a render in progress. */
const LEAST_AGE = '1h';

export async function run(args: string[], context: CommandContext): Promise<void> {
  const { values } = parseCommandLine(args, options);
  const { yes, json, list } = values;
  if (json && list === '-') throw usageError('--json and --list - both want standard output');
  const before = new Date(Date.now() - durationOption('older-than', values['older-than'], LEAST_AGE) * 1000);
  const bar = new ProgressBar(true);
  const found: ListedObject[] = [];
  const variables = await readVariables(values['env-file']);
  await listing(list, context, (report) =>
    withDeployment(variables, ['database', 'storage'], async (deployment) => {
      const collect = (): Promise<void> =>
        search(deployment, { before, yes, found, report, bar, signal: context.signal });
      try {
        if (!yes) return await collect();
        if (await deployment.database.leadership.tryRun('sweep', collect)) return;
      } finally {
        bar.clear();
      }
      throw new CliError(EXIT.failed, 'A worker is removing orphans at this moment: try again when it is done');
    }),
  );
  if (list === '-') return;
  const keys = found.map(({ key }) => key);
  const bytes = found.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  printResult(context, json, { removed: yes, objects: found.length, bytes, keys }, () => {
    const amount = `${pluralize(found.length, 'object')} (${formatBytes(bytes)})`;
    if (yes) return `Removed ${amount}`;
    const rest = found.length > FIRST ? [`  ... and ${found.length - FIRST} more; --list FILE names all`] : [];
    const first = keys.slice(0, FIRST).map((key) => `  ${terminalLine(key)}`);
    return [...first, ...rest, `Would remove ${amount}. ${NOTHING_CHANGED}`].join('\n');
  });
}

interface Search {
  readonly before: Date;
  readonly yes: boolean;
  readonly found: ListedObject[];
  /** Called with each before it is removed. */
  readonly report: Report;
  readonly bar: ProgressBar;
  readonly signal: AbortSignal;
}

async function search(
  { database, storage }: Deployment<'database' | 'storage'>,
  { before, yes, found, report, bar, signal }: Search,
): Promise<void> {
  let seen = 0;
  const onSeen = (): void => {
    signal.throwIfAborted(); // There may be no orphan among millions of objects.
    bar.setLabel(`${pluralize(++seen, 'object')} seen, ${pluralize(found.length, 'orphan')}`);
  };
  for await (const orphan of findOrphans({ objects: storage, references: database.references, before, onSeen })) {
    signal.throwIfAborted();
    await report(orphan.key);
    if (yes) await storage.remove(orphan.key);
    found.push(orphan);
  }
  // A folder that is not there lists as empty.
  if (seen === 0) await storage.ping();
}

type Report = (key: string) => Promise<void>;

/**
 * Lets the search report what it finds, which the list then has even when the search is broken off or fails.
 * @param list a new file, `-` for standard output, undefined for no list
 */
export async function listing(
  list: string | undefined,
  { print }: Pick<CommandContext, 'print'>,
  find: (report: Report) => Promise<void>,
): Promise<void> {
  if (list === undefined) return find(async () => undefined);
  if (list === '-') {
    const keys: string[] = [];
    // At the end: a reader that has seen enough, such as `head`, would stop a removal half-way.
    return find(async (key) => void keys.push(key)).finally(() => keys.forEach(print));
  }
  await requireNew(list);
  const file = await writing(list, () => open(list, 'wx'));
  let isEmpty = true;
  try {
    await find(async (key) => {
      isEmpty = false;
      await writing(list, () => file.appendFile(`${key}\n`));
    });
  } catch (error) {
    if (isEmpty) await rm(list, { force: true }); // It would be in the way of the next try.
    throw error;
  } finally {
    await file.close();
  }
}

async function writing<T>(file: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw outputError(`${file} cannot be written: ${(error as Error).message}`, error);
  }
}
