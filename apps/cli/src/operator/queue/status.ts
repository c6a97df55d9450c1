import { setTimeout as sleep } from 'node:timers/promises';
import type { QueueState } from '#core';
import type { RenderForecast } from '#persistence';
import { type CommandContext, numberOption } from '../../command.js';
import type { QueueLine } from '../commands/queue.js';
import { withDeployment } from '../deployment.js';
import { printResult, pluralize, formatJobCounts, formatSeconds } from '../output.js';

/** The queue's account and the rows', and what follows from both. */
interface Status extends Omit<QueueState, 'workers'>, RenderForecast {
  readonly workers: readonly string[];
  /** Seconds until all that waits and runs is done at the last hour's pace; null when nothing was done then. */
  readonly etaSeconds: number | null;
}

const CLEAR_SCREEN = '\u001b[H\u001b[2J';

/** Prints the state once, or again and again. */
export async function status(
  { json, watch }: QueueLine,
  variables: NodeJS.ProcessEnv,
  context: CommandContext,
): Promise<void> {
  const pause = numberOption('watch', watch, { low: 1, high: 3600 });
  await withDeployment(variables, ['database', 'queue'], async ({ database, queue }) => {
    for (;;) {
      const [state, backlog] = await Promise.all([queue.operations.state(), database.operations.backlog()]);
      const found = { ...state, ...backlog, etaSeconds: eta(backlog) };
      if (pause !== undefined && !json && process.stdout.isTTY) process.stdout.write(CLEAR_SCREEN);
      printResult(context, json, found, () => text(found));
      if (pause === undefined) return;
      await sleep(pause * 1000, undefined, { signal: context.signal });
    }
  });
}

function eta({ byStatus, completedLastHour, failedLastHour }: RenderForecast): number | null {
  const left = byStatus.queued + byStatus.started;
  if (left === 0) return 0;
  const ended = completedLastHour + failedLastHour;
  return ended === 0 ? null : Math.round((left / ended) * 3600);
}

function end(etaSeconds: number | null): string {
  if (etaSeconds === null) return 'unknown: no render was completed in the last hour';
  return etaSeconds === 0 ? 'nothing is left to do' : `in about ${formatSeconds(etaSeconds)}`;
}

function text(of: Status): string {
  const { byStatus, workers, etaSeconds } = of;
  const states = Object.entries(byStatus).map(([status, count]) => `${count} ${status}`);
  const rows = [
    ['Queue', `${of.paused ? 'paused' : 'running'}: ${formatJobCounts(of)}`],
    ['Renders', states.join(', ')],
    ['Oldest', of.oldestQueuedSeconds === 0 ? 'none waits' : `waits for ${formatSeconds(of.oldestQueuedSeconds)}`],
    ['Workers', workers.length === 0 ? 'none is connected' : `${workers.length}: ${workers.join(', ')}`],
    ['Last hour', `${pluralize(of.completedLastHour, 'render')} completed, ${of.failedLastHour} failed`],
    ['Last done', of.lastCompletedAt?.toISOString() ?? 'never'],
    ['All done', end(etaSeconds)],
  ];
  const hint = of.paused ? '\nThe queue is paused: pop-render queue resume --yes lets workers take jobs.' : '';
  return rows.map(([name, fact]) => `${name.padEnd(10)} ${fact}`).join('\n') + hint;
}
