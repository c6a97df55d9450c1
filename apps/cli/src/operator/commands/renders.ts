import { RENDER_STATUSES } from '#core';
import { RENDER_GROUPINGS } from '#persistence';
import { type CommandContext, choiceOption, numberOption, parseCommandLine } from '../../command.js';
import { usageError } from '../../failures.js';
import { withDeployment } from '../deployment.js';
import { OPERATOR_HELP, operatorOptions, readAction, readVariables } from '../operator-options.js';
import { printResult, table } from '../output.js';
import { readSelection, requireId, requireStyle, SELECTION_HELP, selectionOptions } from '../selection.js';
import { viewOf } from '../renders/render-view.js';

export const help =
  (): string => `Looks into renders: which failed and why, what became of one, the photo to try it with.

Usage:
  pop-render renders list [--status STATUS] [--since WHEN] [--group-by error|style|status] [--limit N]
  pop-render renders show ID
  pop-render renders fetch-photo ID -o FILE

list         newest first, or with --group-by how many of each kind
show         one render: its row, its lease, its job in the queue and its objects in the store
fetch-photo  the uploaded photo, to reproduce an error on this machine: pop-render render FILE --style STYLE --size WxH

Options:
  --status STATUS      ${RENDER_STATUSES.join(', ')}
${SELECTION_HELP}
  --group-by KIND      ${RENDER_GROUPINGS.join(', ')}
  --limit N            at most N, 1 to 1000 (default 20)
  -o, --output FILE    where the photo goes
  --force              replace it if it is there already
${OPERATOR_HELP}`;

const options = {
  ...operatorOptions,
  ...selectionOptions,
  status: { type: 'string' },
  'group-by': { type: 'string' },
  limit: { type: 'string' },
  output: { type: 'string', short: 'o' },
  force: { type: 'boolean', default: false },
} as const;

export type RendersLine = ReturnType<typeof parseCommandLine<typeof options>>['values'];

export async function run(args: string[], context: CommandContext): Promise<void> {
  const { action, rest } = split(args);
  const { values, positionals } = parseCommandLine(rest, options, action === 'list' ? [] : ['The id of a render']);
  const variables = await readVariables(values['env-file']);
  if (action === 'list') return list(values, variables, context);
  const id = requireId(positionals[0]);
  if (action === 'show') return (await import('../renders/show.js')).show(id, values, variables, context);
  return (await import('../renders/fetch-photo.js')).fetchPhoto(id, values, variables, context);
}

function split(args: string[]): { action: 'list' | 'show' | 'fetch-photo'; rest: string[] } {
  const [first, ...rest] = args;
  return { action: readAction(first, ['list', 'show', 'fetch-photo']), rest };
}

async function list(values: RendersLine, variables: NodeJS.ProcessEnv, context: CommandContext): Promise<void> {
  const groupBy = choiceOption('group-by', values['group-by'], RENDER_GROUPINGS);
  const limit = numberOption('limit', values.limit, { low: 1, high: 1000 }) ?? 20;
  const selection = { ...readSelection(values), status: choiceOption('status', values.status, RENDER_STATUSES) };
  if (values.output !== undefined) throw usageError('--output goes with fetch-photo only');
  await withDeployment(variables, ['database'], async ({ database: { operations, catalogue } }) => {
    await requireStyle(values.style, catalogue);
    if (groupBy !== undefined) {
      const groups = await operations.count(selection, groupBy);
      return printResult(context, values.json, { groups }, () =>
        table([['Count', groupBy], ...groups.map(({ name, count }) => [String(count), name || 'none'])]),
      );
    }
    const renders = (await operations.list(selection, limit)).map(viewOf);
    printResult(context, values.json, { renders }, () =>
      table([
        ['Render', 'Status', 'Style', 'Size', 'Accepted', 'Error'],
        ...renders.map(({ id, status, style, sizePreset, createdAt, errorCode, errorMessage }) => [
          ...[id, status, style, sizePreset, createdAt.toISOString()],
          errorCode === null ? '' : `${errorCode}: ${errorMessage}`,
        ]),
      ]),
    );
  });
}
