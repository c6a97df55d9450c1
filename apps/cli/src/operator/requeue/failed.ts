import type { Cursor, RenderGroup, RenderOperations, Render, RenderSelection } from '#persistence';
import type { CommandContext } from '../../command.js';
import { CliError, EXIT } from '../../failures.js';
import { ProgressBar } from '../../progress-bar.js';
import type { RequeueLine } from '../commands/requeue.js';
import type { Deployment } from '../deployment.js';
import { printResult, pluralize, NOTHING_CHANGED, table } from '../output.js';

type Servers = Deployment<'database' | 'queue'>;

/** Most renders that a dry run lists, in a table and in a document. */
const LISTED = 20;
const DOCUMENTED = 1000;
/** Renders that are read at once. */
const PAGE = 500;

/** Which failed renders are meant: the longest waiting of a selection. */
interface Meant {
  readonly selection: RenderSelection;
  readonly limit: number;
}

/** Requeues failed renders, or lists them in a dry run. */
export async function requeueFailedOnes(
  servers: Servers,
  { selection, limit }: Meant,
  { json, yes }: RequeueLine,
  { variables, context }: { variables: NodeJS.ProcessEnv; context: CommandContext },
): Promise<void> {
  const { operations } = servers.database;
  const failed: RenderSelection = { ...selection, status: 'failed' };
  const groups = await operations.count(failed, 'error', limit);
  const count = groups.reduce((sum, group) => sum + group.count, 0);
  const others = await refused(servers, selection.ids ?? []);
  if (!yes) {
    const renders = await operations.listOldest(failed, Math.min(limit, json ? DOCUMENTED : LISTED));
    const document = { wouldRequeue: count, errors: groups, renders: renders.map(brief), refused: others };
    return printResult(context, json, document, () =>
      [...preview(count, renders, groups), ...others.map(reasonOf)].join('\n'),
    );
  }
  const { JobDispatcher, requeueFailed } = await import('#application');
  const jobs = new JobDispatcher(servers.database.renders, servers.queue, servers.queue.operations);
  const storage = lazyStorage(variables);
  const bar = new ProgressBar(!json);
  try {
    const outcome = await requeueFailed(
      pagesOf(servers, { selection: failed, limit: count }),
      { operations, jobs, objects: storage.open },
      { signal: context.signal, onProgress: (done) => bar.show('requeued', done / count) },
    );
    bar.clear();
    const { requeued, withoutJob, skipped } = outcome;
    printResult(context, json, { requeued, withoutJob, skipped, refused: others }, () =>
      [
        `Requeued ${pluralize(requeued.length, 'render')}.`,
        ...(withoutJob > 0 ? [queueUnreachable(withoutJob)] : []),
        ...(skipped.length > 0 ? [`${pluralize(skipped.length, 'render')} had failed no longer.`] : []),
        ...others.map(reasonOf),
      ].join('\n'),
    );
  } finally {
    bar.clear();
    await storage.close();
  }
  context.signal.throwIfAborted();
  if (others.length > 0) throw new CliError(EXIT.failed, `${pluralize(others.length, 'render')} cannot be requeued`);
}

/** The oldest first: they have waited longest. What fails again meanwhile has had its turn. */
export async function* pagesOf(
  { database }: { readonly database: { readonly operations: Pick<RenderOperations, 'listOldest'> } },
  { selection, limit }: Meant,
): AsyncGenerator<Render[]> {
  let last: Cursor | undefined;
  for (let left = limit; left > 0; left -= PAGE) {
    const page = await database.operations.listOldest(selection, Math.min(left, PAGE), last);
    yield page;
    if (page.length < PAGE) return;
    last = page.at(-1)!.cursor;
  }
}

interface Refusal {
  readonly id: string;
  /** Null for an id that no render has. */
  readonly status: string | null;
}

async function refused({ database }: Servers, ids: readonly string[]): Promise<Refusal[]> {
  if (ids.length === 0) return [];
  const found = await database.operations.list({ ids }, ids.length);
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

function preview(count: number, renders: readonly Render[], groups: readonly RenderGroup[]): string[] {
  if (count === 0) return ['No failed render is meant. Nothing to do.'];
  const rows = renders.map((render) => [
    ...[render.id, render.style.slug, render.completedAt?.toISOString() ?? '', render.errorCode ?? ''],
  ]);
  return [
    table([['Count', 'Error'], ...groups.map(({ name, count }) => [String(count), name])]),
    '',
    table([['Render', 'Style', 'Failed at', 'Error'], ...rows]),
    ...(count > renders.length ? [`and ${count - renders.length} more`] : []),
    '',
    `Would requeue ${pluralize(count, 'render')}. ${NOTHING_CHANGED}`,
  ];
}

function brief({ id, style, completedAt, errorCode, errorMessage }: Render): object {
  return { id, style: style.slug, failedAt: completedAt, errorCode, errorMessage };
}

function queueUnreachable(count: number): string {
  return `The queue is unreachable: ${pluralize(count, 'render')} of these will be queued by the workers when it is back.`;
}

/** The object store, opened on first use: few renders have a result to look for. */
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
