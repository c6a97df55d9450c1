import { type CommandContext, numberOption, parseCommandLine } from '../../command.js';
import { usageError } from '../../failures.js';
import { withDeployment } from '../deployment.js';
import { CHANGE_HELP, changeOptions, readVariables } from '../operator-options.js';
import { readSelection, requireId, requireStyle, SELECTION_HELP, selectionOptions } from '../selection.js';

export const help =
  (): string => `Has failed renders tried again, or gives waiting ones the jobs that a lost queue has forgotten.

Usage:
  pop-render requeue --id ID [--id ID]... [--yes]
  pop-render requeue --failed [--since WHEN] [--error-pattern TEXT] [--error-code CODE] [--style STYLE] [--limit N] [--yes]
  pop-render requeue --all-pending [--limit N] [--yes]

--failed and --id put renders that failed back: error and counters are cleared (what they were is kept in the row's
metadata), a worker that still holds one can write nothing more. What is completed, cancelled or archived is left alone.
While the queue is unreachable they wait; workers add their jobs when it is back.
--all-pending gives every queued render whose job the queue does not hold a new one, as after a Redis that lost its data.
All may be repeated and broken off at any time: no render is lost or rendered twice.
A dry run counts all that are meant and names the first 20 of them, with --json the first 1000.

Options:
  --id ID              this render, as often as you like
  --failed             every failed render, or those that the following narrow it to:
${SELECTION_HELP}
  --all-pending        every queued render
  --limit N            at most N, the longest waiting first
${CHANGE_HELP}`;

const options = {
  ...changeOptions,
  ...selectionOptions,
  id: { type: 'string', multiple: true },
  failed: { type: 'boolean', default: false },
  'all-pending': { type: 'boolean', default: false },
  limit: { type: 'string' },
} as const;

export type RequeueLine = ReturnType<typeof parseCommandLine<typeof options>>['values'];

const MANY = 1_000_000;

export async function run(args: string[], context: CommandContext): Promise<void> {
  const { values } = parseCommandLine(args, options);
  const ways = [values.id !== undefined, values.failed, values['all-pending']].filter(Boolean).length;
  if (ways !== 1) throw usageError('Give one of --id, --failed and --all-pending');
  const narrowed = Object.keys(selectionOptions).find((name) => name in values);
  if (!values.failed && narrowed !== undefined) throw usageError(`--${narrowed} goes with --failed only`);
  const limit = numberOption('limit', values.limit, { low: 1, high: MANY }) ?? MANY;
  const ids = values.id?.map(requireId);
  const selection = readSelection(values);
  const variables = await readVariables(values['env-file']);
  await withDeployment(
    variables,
    ['database', 'queue'],
    async (servers) => {
      if (values['all-pending']) {
        return (await import('../requeue/pending.js')).requeuePending(servers, values, limit, context);
      }
      await requireStyle(values.style, servers.database.catalogue);
      const { requeueFailedOnes } = await import('../requeue/failed.js');
      return requeueFailedOnes(servers, { selection: { ...selection, ids }, limit }, values, { variables, context });
    },
    values['all-pending'] ? [] : ['queue'],
  );
}
