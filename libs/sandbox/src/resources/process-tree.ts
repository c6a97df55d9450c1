import { readdirSync, readFileSync } from 'node:fs';
import { residentBytes } from './resident-memory.js';

/** More processes than one that is isolated may have; a tree that grows while it is read ends here. */
const MAX_PROCESSES = 1024;

/** The processes that a process has started and that still run; none where /proc does not show them. */
export function childProcesses(pid: number): number[] {
  try {
    // Each thread has a list of its own.
    return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
      readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8')
        .split(' ')
        .map(Number)
        .filter((child) => child > 0),
    );
  } catch {
    return [];
  }
}

/** Physical memory of a process and of all that it has started, directly or not. 0 when it is gone or without /proc. */
export function treeResidentBytes(pid: number): number {
  const tree = [pid];
  for (const member of tree) {
    if (tree.length > MAX_PROCESSES) break;
    tree.push(...childProcesses(member));
  }
  return tree.reduce((sum, member) => sum + (residentBytes(member) ?? 0), 0);
}
