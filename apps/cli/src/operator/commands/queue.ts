import { parseCommandLine, type CommandContext } from '../../command.js';
import { CHANGE_HELP, changeOptions, readAction, readVariables } from '../operator-options.js';
import { usageError } from '../../failures.js';

export const help = (): string => `Looks at the queue of renders and stops and starts it.

Usage:
  pop-render queue status [--watch SECONDS]
  pop-render queue pause | resume [--yes]
  pop-render queue clear-failed --archive-to FILE.jsonl [--older-than 7d] [--yes]
  pop-render queue clear-failed --discard [--older-than 7d] [--yes]

status        what waits, runs and failed, by the queue and by the rows; who works, how fast, and when it will be done.
              Of a queue on PostgreSQL more than 10,000 jobs of a kind are estimated, and marked so
pause         no worker takes another job; running renders end and the API goes on accepting
resume        workers take jobs again
clear-failed  removes failed jobs from the queue once they are written to a file, one JSON document a line. Their renders
              stay as they are; those that failed more than 7 days ago are marked as archived in their metadata

Options:
  --watch SECONDS      again and again, 1 to 3600 seconds apart, until Ctrl-C
  --archive-to FILE    the file to write failed jobs to; it must not be there yet
  --discard            remove them without writing them anywhere
  --older-than SPAN    only jobs that failed longer ago than this
${CHANGE_HELP}`;

const options = {
  ...changeOptions,
  watch: { type: 'string' },
  'archive-to': { type: 'string' },
  discard: { type: 'boolean', default: false },
  'older-than': { type: 'string' },
} as const;

export type QueueLine = ReturnType<typeof parseCommandLine<typeof options>>['values'];

/** Each action, and the options that belong to it alone. */
const ACTIONS = {
  status: ['watch'],
  pause: [],
  resume: [],
  'clear-failed': ['archive-to', 'discard', 'older-than'],
} as const;

export async function run(args: string[], context: CommandContext): Promise<void> {
  const { values, positionals } = parseCommandLine(args, options, ['The action (status, pause, resume, clear-failed)']);
  const action = readAction(positionals[0], Object.keys(ACTIONS) as (keyof typeof ACTIONS)[]);
  refuseOthersOptions(action, values);
  const variables = await readVariables(values['env-file']);
  switch (action) {
    case 'status':
      return (await import('../queue/status.js')).status(values, variables, context);
    case 'clear-failed':
      return (await import('../queue/clear-failed.js')).clearFailed(values, variables, context);
    default:
      return (await import('../queue/pausing.js')).setPaused(action === 'pause', values, variables, context);
  }
}

function refuseOthersOptions(action: keyof typeof ACTIONS, values: QueueLine): void {
  for (const [owner, names] of Object.entries(ACTIONS)) {
    const given = names.find((name) => values[name] !== undefined && values[name] !== false);
    if (owner !== action && given !== undefined) throw usageError(`--${given} goes with ${owner} only`);
  }
}
