import type { RenderGroup, RenderRecord, RenderSelection } from '#core';
import { type CommandContext, numberOption, parseCommandLine } from '../../command.js';
import { CliError, EXIT, usageError } from '../../failures.js';
import { ProgressBar } from '../../progress-bar.js';
import { type Deployment, withDeployment } from '../deployment.js';
import { CHANGE_HELP, changeOptions, readVariables } from '../operator-line.js';
import { answer, counted, NOTHING_CHANGED, table } from '../output.js';
import { readSelection, requireId, SELECTION_HELP, selectionOptions } from '../selection.js';

export const help =
  (): string => `Has failed renders tried again, or gives waiting ones the jobs that a lost queue has forgotten.

Usage:
  pop-render requeue --id ID [--id ID]... [--yes]
  pop-render requeue --failed [--since WHEN] [--error-pattern TEXT] [--error-code CODE] [--style STYLE] [--limit N] [--yes]
  pop-render requeue --all-pending [--limit N] [--yes]

--failed and --id put renders that failed back: error and counters are cleared (what they were is kept in the row's
metadata), a worker that still holds one can write nothing more. What is completed, cancelled or archived is left alone.
With the queue away they wait, and workers give them their jobs when it is back.
--all-pending gives every queued render whose job the queue does not hold a new one, as after a Redis that lost its data.
All may be repeated and broken off at any time: no render is lost or rendered twice.

Options:
  --id ID              this render, as often as you like
  --failed             every failed render, or those that the following narrow it to:
${SELECTION_HELP}
  --all-pending        every queued render
  --limit N            no more than so many, the longest waiting first
${CHANGE_HELP}`;

const options = {
  ...changeOptions,
  ...selectionOptions,
  id: { type: 'string', multiple: true },
  failed: { type: 'boolean', default: false },
  'all-pending': { type: 'boolean', default: false },
  limit: { type: 'string' },
} as const;

type Line = ReturnType<typeof parseCommandLine<typeof options>>['values'];
type Servers = Deployment<'database' | 'queue'>;

const LISTED = 20;
const MANY = 1_000_000;

export async function run(args: string[], context: CommandContext): Promise<void> {
  const { values } = parseCommandLine(args, options);
  const ways = [values.id !== undefined, values.failed, values['all-pending']].filter(Boolean).length;
  if (ways !== 1) throw usageError('One of --id, --failed and --all-pending says what to requeue');
  const narrowed = Object.keys(selectionOptions).find((name) => name in values);
  if (!values.failed && narrowed !== undefined) throw usageError(`--${narrowed} goes with --failed only`);
  const limit = numberOption('limit', values.limit, { low: 1, high: MANY }) ?? MANY;
  const ids = values.id?.map(requireId);
  const selection = readSelection(values);
  const variables = await readVariables(values['env-file']);
  await withDeployment(variables, ['database', 'queue'], async (servers) => {
    if (values['all-pending']) return requeuePending(servers, values, limit, context);
    return requeueFailedOnes(servers, { ...selection, ids }, values, limit, { variables, context });
  });
}

async function requeueFailedOnes(
  servers: Servers,
  selection: RenderSelection,
  { json, yes, id: named }: Line,
  limit: number,
  { variables, context }: { variables: NodeJS.ProcessEnv; context: CommandContext },
): Promise<void> {
  const { operations } = servers.database;
  const found = await collect(servers, { ...selection, status: named ? undefined : 'failed' });
  const failed = found.filter(({ status }) => status === 'failed').slice(0, limit);
  const others = refused(found, selection.ids ?? []);
  if (!yes) {
    const groups = await operations.count({ ...selection, status: 'failed' }, 'error');
    const document = { wouldRequeue: failed.length, errors: groups, renders: failed.map(brief), refused: others };
    return answer(context, json, document, () => [...preview(failed, groups), ...others.map(reasonOf)].join('\n'));
  }
  const { JobGiver, requeueFailed } = await import('#housekeeping');
  const jobs = new JobGiver(servers.database.renders, servers.queue, servers.queue.operations);
  const storage = lazyStorage(variables);
  const bar = new ProgressBar(!json);
  try {
    const outcome = await requeueFailed(
      failed,
      { operations, jobs, objects: storage.open },
      { signal: context.signal, onProgress: (done) => bar.show('requeued', done / failed.length) },
    );
    bar.clear();
    const { requeued, withoutJob, skipped } = outcome;
    answer(context, json, { requeued, withoutJob, skipped, refused: others }, () =>
      [
        `Requeued ${counted(requeued.length, 'render')}.`,
        ...(withoutJob > 0 ? [queueIsAway(withoutJob)] : []),
        ...(skipped.length > 0 ? [`${counted(skipped.length, 'render')} had failed no longer.`] : []),
        ...others.map(reasonOf),
      ].join('\n'),
    );
  } finally {
    bar.clear();
    await storage.close();
  }
  context.signal.throwIfAborted();
  if (others.length > 0) throw new CliError(EXIT.failed, `${counted(others.length, 'render')} cannot be requeued`);
}

async function requeuePending(
  { database, queue }: Servers,
  { json, yes }: Line,
  limit: number,
  context: CommandContext,
): Promise<void> {
  const { byStatus } = await database.operations.backlog();
  const { state, restorePending } = { state: await queue.operations.state(), ...(await import('#housekeeping')) };
  const held = state.waiting + state.delayed + state.active;
  if (!yes) {
    const document = { wouldLookAfter: Math.min(byStatus.queued, limit), jobsInQueue: held };
    return answer(context, json, document, () =>
      [
        `${counted(byStatus.queued, 'queued render')} in the database, ${counted(held, 'job')} in the queue.`,
        `Would give a new job to each of them that has none. ${NOTHING_CHANGED}`,
      ].join('\n'),
    );
  }
  const bar = new ProgressBar(!json);
  const ports = { operations: database.operations, renders: database.renders, leadership: database.leadership, queue };
  try {
    const { seen, restored } = await restorePending(ports, {
      ...{ signal: context.signal, limit },
      onProgress: (done) => bar.show(`${done.restored} new jobs`, Math.min(1, done.seen / byStatus.queued)),
    });
    bar.clear();
    answer(context, json, { seen, restored }, () =>
      [
        `Gave ${counted(restored, 'queued render')} a new job; the queue held those of ${seen - restored}.`,
        ...(state.paused ? ['The queue is paused: pop-render queue resume lets workers take them.'] : []),
      ].join('\n'),
    );
  } finally {
    bar.clear();
  }
  context.signal.throwIfAborted();
}

const PAGE = 500;

/** All that are meant, the oldest first: they have waited longest. */
async function collect({ database }: Servers, selection: RenderSelection): Promise<RenderRecord[]> {
  const found: RenderRecord[] = [];
  for (let page: RenderRecord[]; ;) {
    page = await database.operations.list(selection, PAGE, found.at(-1)?.id);
    found.push(...page);
    if (page.length < PAGE) return found.reverse();
  }
}

interface Refusal {
  readonly id: string;
  /** Null for an id that no render has. */
  readonly status: string | null;
}

function refused(found: readonly RenderRecord[], ids: readonly string[]): Refusal[] {
  const known = new Map(found.map(({ id, status }) => [id, status]));
  return [...new Set(ids)]
    .filter((id) => known.get(id) !== 'failed')
    .map((id) => ({ id, status: known.get(id) ?? null }));
}

function reasonOf({ id, status }: Refusal): string {
  if (status === null) return `${id} is left alone: there is no such render`;
  if (status === 'archived') return `${id} is left alone: it is archived, and its photo is gone with its files`;
  return `${id} is left alone: it is ${status}, and only a failed render can be requeued`;
}

function preview(failed: readonly RenderRecord[], groups: readonly RenderGroup[]): string[] {
  if (failed.length === 0) return ['No failed render is meant. Nothing to do.'];
  const rows = failed
    .slice(0, LISTED)
    .map((render) => [render.id, render.style, render.completedAt?.toISOString() ?? '', render.errorCode ?? '']);
  return [
    table([['Count', 'Error'], ...groups.map(({ name, count }) => [String(count), name])]),
    '',
    table([['Render', 'Style', 'Failed at', 'Error'], ...rows]),
    ...(failed.length > LISTED ? [`and ${failed.length - LISTED} more`] : []),
    '',
    `Would requeue ${counted(failed.length, 'render')}. ${NOTHING_CHANGED}`,
  ];
}

function brief({ id, style, completedAt, errorCode, errorMessage }: RenderRecord): object {
  return { id, style, failedAt: completedAt, errorCode, errorMessage };
}

function queueIsAway(count: number): string {
  return `The queue is away: ${counted(count, 'render')} of these will get their jobs from the workers when it is back.`;
}

/** The object store, opened when somebody asks for it: few renders have a result to look for. */
function lazyStorage(variables: NodeJS.ProcessEnv) {
  type Store = Deployment<'storage'>['storage'];
  let opened: Promise<Store> | undefined;
  const load = async (): Promise<Store> => {
    const [{ loadServersConfig, OPERATOR_TIME_LIMITS }, { openObjectStore }] = await Promise.all([
      import('#config'),
      import('#storage'),
    ]);
    return openObjectStore(loadServersConfig(variables, ['storage']).storage, OPERATOR_TIME_LIMITS);
  };
  return {
    open: (): Promise<Store> => (opened ??= load()),
    close: async (): Promise<void> => (await opened)?.close(),
  };
}
