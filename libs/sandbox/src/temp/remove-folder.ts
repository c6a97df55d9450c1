// Removes folders without being led elsewhere: what is checked by name may be another thing a moment later, when its
// folder is one that other users may change, such as /tmp.

import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  rmdirSync,
  rmSync,
  type Stats,
  statSync,
  unlinkSync,
} from 'node:fs';
import path from 'node:path';

/** Opens a folder and nothing else, not even by a link to it. */
const FOLDER_ONLY = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
/** An open folder by its number, however its name fares; Linux has it. */
const DESCRIPTORS = '/proc/self/fd';

const byDescriptor = existsSync(DESCRIPTORS);

/**
 * Removes a folder and all that is in it; links are removed, not followed. A missing one is no error.
 * @param mayRemove refuses by false, given the very folder that would be removed
 * @returns whether it is gone
 * @throws what the system said
 */
export function removeFolder(folder: string, mayRemove: (stats: Stats) => boolean = () => true): boolean {
  try {
    return byDescriptor ? removeOpened(folder, mayRemove) : removeByName(folder, mayRemove);
  } catch (error) {
    if (isGone(error)) return true;
    throw error;
  }
}

/** Whether it is a folder that only this process's user may use: as `mkdtemp` makes them. */
export function isPrivateFolder(stats: Stats): boolean {
  if (!stats.isDirectory()) return false;
  // Windows has neither; its temporary folder is the user's own.
  return process.getuid === undefined || (stats.uid === process.geteuid!() && (stats.mode & 0o777) === 0o700);
}

function removeOpened(folder: string, mayRemove: (stats: Stats) => boolean): boolean {
  const descriptor = openSync(folder, FOLDER_ONLY);
  try {
    if (!mayRemove(fstatSync(descriptor))) return false;
    const at = `${DESCRIPTORS}/${descriptor}`;
    for (const entry of readdirSync(at, { withFileTypes: true })) {
      const child = `${at}/${entry.name}`;
      if (entry.isDirectory()) removeFolder(child);
      else unlink(child);
    }
  } finally {
    closeSync(descriptor);
  }
  // Whatever has the name now: a link or a folder with something in it is refused.
  rmdirSync(folder);
  return true;
}

function unlink(file: string): void {
  try {
    unlinkSync(file);
  } catch (error) {
    if (!isGone(error)) throw error;
  }
}

/** Only where no other user may put another thing in its place between the check and the removal. */
function removeByName(folder: string, mayRemove: (stats: Stats) => boolean): boolean {
  const parent = statSync(path.dirname(folder));
  const isShared = process.getuid !== undefined && (parent.mode & 0o022) !== 0 && (parent.mode & 0o1000) === 0;
  const stats = lstatSync(folder);
  if (isShared || !stats.isDirectory() || !mayRemove(stats)) return false;
  rmSync(folder, { recursive: true, force: true });
  return true;
}

function isGone(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}
