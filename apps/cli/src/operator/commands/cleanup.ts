import type { CommandContext } from '../../command.js';
import { CHANGE_HELP, readAction } from '../operator-options.js';

export const help = (): string => `Removes data that is no longer needed.

Usage:
  pop-render cleanup orphans [--older-than 24h] [--list FILE] [--yes]
  pop-render cleanup old --days N [--style SLUG] [--archive-to FOLDER] [--yes]
  pop-render cleanup tmp [--yes]

orphans: stored objects that no render or upload names. Workers remove them automatically, hourly.
  --older-than SPAN    spare younger objects: their row may be about to be written (default 24h)
  --list FILE          write the keys found to a new file, one a line, each before it is removed; - for standard output
                       instead of the report

old: the print, the preview and the photo of completed renders. Their rows stay and become "archived"; the API then answers
410 for their files. May be stopped and repeated: what a crash leaves behind is an orphan.
  --days N             completed longer ago than N days, 1 to 36500
  --style SLUG         of this style only
  --archive-to FOLDER  copy each file to FOLDER/KEY first

tmp: folders under TMPDIR that services of this host which are no more have left behind. Needs no settings.

Options:
${CHANGE_HELP}`;

const ACTIONS = ['orphans', 'old', 'tmp'] as const;

const actions = {
  orphans: () => import('../cleanup/orphans.js'),
  old: () => import('../cleanup/old-renders.js'),
  tmp: () => import('../cleanup/temporary-folders.js'),
};

export async function run([action, ...args]: string[], context: CommandContext): Promise<void> {
  const module = await actions[readAction(action, ACTIONS)]();
  await module.run(args, context);
}
