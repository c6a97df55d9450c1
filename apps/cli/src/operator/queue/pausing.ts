import type { CommandContext } from '../../command.js';
import type { QueueLine } from '../commands/queue.js';
import { withDeployment } from '../deployment.js';
import { printResult, pluralize, NOTHING_CHANGED } from '../output.js';

/** Pauses or resumes the queue; prints what that means for the jobs in it. */
export async function setPaused(
  paused: boolean,
  { json, yes }: QueueLine,
  variables: NodeJS.ProcessEnv,
  context: CommandContext,
): Promise<void> {
  await withDeployment(variables, ['queue'], async ({ queue: { operations } }) => {
    const before = await operations.state();
    const isThere = before.paused === paused;
    const jobs = pluralize(before.waiting + before.delayed, 'job');
    const word = paused ? 'paused' : 'running';
    if (yes && !isThere) await (paused ? operations.pause() : operations.resume());
    printResult(context, json, { paused: yes ? paused : before.paused, changed: yes && !isThere, jobs: before }, () => {
      if (isThere) return `The queue is ${word} already.`;
      if (!yes) return `Would ${paused ? 'pause' : 'resume'} the queue, in which ${jobs} wait. ${NOTHING_CHANGED}`;
      if (!paused) return `The queue is running: workers take its ${jobs}.`;
      return `The queue is paused: ${jobs} and new ones wait; ${pluralize(before.active, 'running render')} will end.`;
    });
  });
}
