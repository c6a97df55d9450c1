import type { QueueJob } from '#core';
import type { Render, StuckAction } from '#persistence';
import { type CommandContext, parseCommandLine } from '../../command.js';
import { type Deployment, withDeployment } from '../deployment.js';
import { CHANGE_HELP, changeOptions, durationOption, readVariables } from '../operator-options.js';
import { printResult, pluralize, formatSeconds, NOTHING_CHANGED, table } from '../output.js';

export const help = (): string => `Reclaims renders from workers that hang.

Usage:
  pop-render reap-stuck [--older-than 1h] [--requeue] [--yes]

Lists renders that were started longer ago than a render may take; with --yes they fail with the error render_timeout, or
wait again with --requeue. Either way the worker that hangs can write nothing more about them, and a living one drops them
within a second. What is rendered already and hangs on its way into the store always goes back and is only published.
Renders whose worker is gone need no help: the other workers reclaim them automatically.
Also shows how many queued renders have no job in the queue.

Options:
  --older-than SPAN    started longer ago than this (default 1h)
  --requeue            have them tried again
${CHANGE_HELP}`;

const options = {
  ...changeOptions,
  'older-than': { type: 'string', default: '1h' },
  requeue: { type: 'boolean', default: false },
} as const;

/** Most renders looked at, the oldest first; the listing notes when there may be more. */
const MOST = 1000;

interface Stuck {
  readonly render: Render;
  readonly worker: string | null;
}

export async function run(args: string[], context: CommandContext): Promise<void> {
  const { values } = parseCommandLine(args, options);
  const seconds = durationOption('older-than', values['older-than'], '1m');
  const fate: StuckAction = values.requeue ? { kind: 'requeue' } : { kind: 'fail', message: messageOf(seconds) };
  const { json, yes } = values;
  await withDeployment(
    await readVariables(values['env-file']),
    ['database', 'queue'],
    async (servers) => {
      const renders = await servers.database.operations.listStuck(seconds * 1000, MOST);
      const stuck = await Promise.all(renders.map((render) => withWorker(render, servers)));
      const missing = await countMissingJobs(servers);
      if (!yes) {
        const document = { wouldReap: stuck.map(describe), queuedWithoutJob: missing?.count ?? null };
        return printResult(context, json, document, () =>
          [...listing(stuck, fate), ...complaintsOf(missing)].join('\n'),
        );
      }
      const { JobDispatcher, recoverStuck } = await import('#application');
      const jobs = new JobDispatcher(servers.database.renders, servers.queue, servers.queue.operations);
      const ids = renders.map(({ id }) => id);
      const ports = { operations: servers.database.operations, jobs };
      const outcome = await recoverStuck(ids, seconds * 1000, fate, ports, context.signal);
      printResult(context, json, { ...outcome, queuedWithoutJob: missing?.count ?? null }, () =>
        [
          `Failed ${pluralize(outcome.failed.length, 'render')}, requeued ${outcome.requeued.length}.`,
          ...(jobs.refusal ? ['The queue is unavailable: workers add the jobs once it is back.'] : []),
          ...(stuck.length === MOST ? [`There may be more than these ${MOST}: repeat it.`] : []),
          ...complaintsOf(missing),
        ].join('\n'),
      );
    },
    ['queue'],
  );
  context.signal.throwIfAborted();
}

/** As documented for an hour: `Job timeout - stuck for >1 hour`. */
function messageOf(seconds: number): string {
  const hours = seconds / 3600;
  const span = Number.isInteger(hours) ? pluralize(hours, 'hour') : formatSeconds(seconds);
  return `Job timeout - stuck for >${span}`;
}

/** The queue knows who has a job; an unreachable queue must not keep a stuck render from being found. */
async function withWorker(render: Render, { queue }: Deployment<'queue'>): Promise<Stuck> {
  const { queueJobId } = render;
  const job: QueueJob | null = queueJobId === null ? null : await queue.operations.find(queueJobId).catch(() => null);
  return { render, worker: job?.worker ?? null };
}

/** @returns null when the queue is unreachable; with `atLeast` when there are more than were asked for */
async function countMissingJobs({
  database,
  queue,
}: Deployment<'database' | 'queue'>): Promise<{ count: number; atLeast: boolean } | null> {
  const pending = await database.renders.listStaleQueued(0, MOST);
  try {
    const { jobIdsOf, withoutLiveJob } = await import('#application');
    const missing = withoutLiveJob(pending, await queue.findLiveJobs(jobIdsOf(pending)));
    return { count: missing.length, atLeast: pending.length === MOST };
  } catch {
    return null; // Reported in the result.
  }
}

function complaintsOf(missing: Awaited<ReturnType<typeof countMissingJobs>>): string[] {
  if (missing === null) return ['The queue is unavailable: whether it has the jobs of the queued renders is unknown.'];
  if (missing.count === 0) return [];
  const least = missing.atLeast ? 'At least ' : '';
  return [
    `${least}${pluralize(missing.count, 'queued render')} without a job in the queue: pop-render requeue --all-pending`,
  ];
}

function ageOf({ startedAt }: Render): number {
  return Math.round((Date.now() - startedAt!.getTime()) / 1000);
}

function describe({ render, worker }: Stuck): object {
  const { id, style, startedAt, progress, attempt: attempts, leaseUntil } = render;
  return { id, style: style.slug, worker, startedAt, ageSeconds: ageOf(render), progress, attempts, leaseUntil };
}

function listing(stuck: readonly Stuck[], fate: StuckAction): string[] {
  if (stuck.length === 0) return ['No render is stuck.'];
  const rows = stuck.map(({ render, worker }) => [
    render.id,
    render.style.slug,
    worker ?? 'unknown',
    formatSeconds(ageOf(render)),
    `${render.progress} %`,
    render.leaseUntil && render.leaseUntil > new Date() ? 'lives' : 'ran out',
  ]);
  const more = stuck.length === MOST ? ' (there may be more: repeat it then)' : '';
  const verb = fate.kind === 'fail' ? 'fail' : 'requeue';
  return [
    table([['Render', 'Style', 'Worker', 'Started', 'Done', 'Lease'], ...rows]),
    '',
    `Would ${verb} ${pluralize(stuck.length, 'render')}${more}. ${NOTHING_CHANGED}`,
  ];
}
