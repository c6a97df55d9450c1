import { chmodSync, lstatSync, mkdirSync, readdirSync, realpathSync, statSync } from 'node:fs';
import path from 'node:path';

/** What a new file system has in it. */
const NOTHING = new Set(['lost+found']);

/**
 * The folder of everything that this installation keeps, which no other account may enter.
 *
 * @returns its path, free of links
 * @throws Error with what to do when it is another account's or holds something else
 */
export function openHome(given: string): string {
  mkdirSync(given, { recursive: true, mode: 0o700 });
  const home = realpathSync(given);
  const { uid, mode } = statSync(home);
  const user = process.getuid?.();
  if (user === undefined) return home; // Windows: below its user's own folder.
  if (user === 0 && uid !== 0) {
    throw new Error(
      `${home} belongs to another account (number ${uid}): start the service as that one, ` +
        'or name another folder by POP_RENDER_HOME.',
    );
  }
  if ((mode & 0o077) === 0 || uid !== user) return home; // A volume that a container may write but does not own.
  const isOurs = lstatSync(path.join(home, 'secrets.json'), { throwIfNoEntry: false }) !== undefined;
  if (!isOurs && readdirSync(home).some((name) => !NOTHING.has(name))) {
    throw new Error(
      `${home} holds something else, and other accounts may enter it. Name a new or an empty folder by POP_RENDER_HOME, ` +
        'or close this one to others (chmod 700).',
    );
  }
  chmodSync(home, 0o700);
  return home;
}
