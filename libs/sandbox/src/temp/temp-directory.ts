import { lstatSync, mkdirSync, mkdtempSync, readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import path from 'node:path';
import { isPrivateFolder, removeFolder } from './remove-folder.js';

const HOST = hostname().replace(/[^\w.-]/g, '_');
const OWNED = new RegExp(`^pop-render-([a-z]+)-${HOST.replace(/[.]/g, '\\.')}-(\\d+)-[^-]+$`);

/**
 * Folders that this process has open. Another one with its number is of a process before it: the first of every
 * container has number 1, and the temporary folder may outlive the container's restart.
 */
const opened = new Set<string>();

/**
 * A process's folder for temporary files, under the system's temporary folder. It goes when closed; what a killed
 * process of this host left behind goes when the next one starts.
 */
export class TempDirectory {
  private constructor(readonly path: string) {}

  /** `purpose` is a short word for the name, such as `api`. */
  static open(purpose: string, parent = tmpdir()): TempDirectory {
    const prefix = `pop-render-${purpose}-${HOST}`;
    mkdirSync(parent, { recursive: true });
    removeAbandoned(parent, prefix);
    const folder = mkdtempSync(path.resolve(parent, `${prefix}-${process.pid}-`));
    opened.add(folder);
    return new TempDirectory(folder);
  }

  /** Runs `work` with a folder of its own, which is removed whatever happens. */
  async use<T>(work: (folder: string) => Promise<T>): Promise<T> {
    const folder = await mkdtemp(path.join(this.path, 'job-'));
    try {
      return await work(folder);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  close(): void {
    removeStaleDirectory(this.path);
    opened.delete(this.path);
  }
}

/** Tidying is no reason not to start: what cannot be removed stays. */
function removeAbandoned(parent: string, prefix: string): void {
  try {
    const folders = staleDirectories(parent).filter((folder) => path.basename(folder).startsWith(`${prefix}-`));
    for (const folder of folders) removeStaleDirectory(folder);
  } catch {
    return; // The parent may not be listed.
  }
}

/**
 * Folders of this user that processes of this host have left behind, whatever their purpose. Anything else of such a name,
 * such as another user's folder or a link, is none.
 * @throws what the system said when the parent may not be listed
 */
export function staleDirectories(parent = tmpdir()): string[] {
  return readdirSync(parent)
    .filter((name) => OWNED.test(name))
    .map((name) => path.join(parent, name))
    .filter((folder) => {
      const owner = Number(OWNED.exec(path.basename(folder))![2]);
      return owner === process.pid ? !opened.has(folder) : !isRunning(owner);
    })
    .filter((folder) => {
      const stats = lstatSync(folder, { throwIfNoEntry: false });
      return stats !== undefined && isPrivateFolder(stats);
    });
}

/**
 * Removes a folder of this user; anything that has come in its place meanwhile stays as it is.
 * @returns whether it is gone
 */
export function removeStaleDirectory(folder: string): boolean {
  try {
    return removeFolder(folder, isPrivateFolder);
  } catch {
    return false;
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
