import type { CommandContext } from '../../command.js';
import { ProgressBar } from '../../progress-bar.js';
import type { RequeueLine } from '../commands/requeue.js';
import type { Deployment } from '../deployment.js';
import { printResult, pluralize, NOTHING_CHANGED } from '../output.js';

/** Gives queued renders whose job the queue has forgotten a new one. */
export async function requeuePending(
  { database, queue }: Deployment<'database' | 'queue'>,
  { json, yes }: RequeueLine,
  limit: number,
  context: CommandContext,
): Promise<void> {
  const { byStatus } = await database.operations.backlog();
  const { state, restorePending } = { state: await queue.operations.state(), ...(await import('#application')) };
  const held = state.waiting + state.delayed + state.active;
  if (!yes) {
    const document = { wouldLookAfter: Math.min(byStatus.queued, limit), jobsInQueue: held };
    return printResult(context, json, document, () =>
      [
        `${pluralize(byStatus.queued, 'queued render')} in the database, ${state.isEstimate ? 'about ' : ''}${pluralize(held, 'job')} in the queue.`,
        `Would give a new job to each of them that has none. ${NOTHING_CHANGED}`,
      ].join('\n'),
    );
  }
  const bar = new ProgressBar(!json);
  const ports = { renders: database.renders, leadership: database.leadership, queue };
  try {
    const { seen, restored } = await restorePending(ports, {
      ...{ signal: context.signal, limit },
      onProgress: (done) => bar.show(`${done.restored} new jobs`, Math.min(1, done.seen / byStatus.queued)),
    });
    bar.clear();
    printResult(context, json, { seen, restored }, () =>
      [
        `Gave ${pluralize(restored, 'queued render')} a new job; the queue held those of ${seen - restored}.`,
        ...(state.paused ? ['The queue is paused: pop-render queue resume --yes lets workers take them.'] : []),
      ].join('\n'),
    );
  } finally {
    bar.clear();
  }
  context.signal.throwIfAborted();
}
