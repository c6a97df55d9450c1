import { chmod, chown, copyFile, link, lstat, mkdir, mkdtemp, readdir, rename, rm, unlink } from 'node:fs/promises';
import path from 'node:path';
import { ProtocolError } from './process-report.js';
import { INPUT_FOLDER, OUTPUT_FOLDER, type TaskFiles } from './task-files.js';

/** Where a second name for a file cannot be had, its bytes must be copied. */
const NO_LINK = ['EXDEV', 'EPERM', 'EMLINK', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'];

/**
 * The folder of one child process: `in` has the files of its task, `out` is the only place where it may write. While the
 * process lives, everything in `out` may change at any moment: only its entries are moved or unlinked, which follows no
 * link and enters no folder.
 */
export class WorkFolder {
  private constructor(
    readonly path: string,
    private readonly owner?: number,
  ) {}

  /** @param owner user and group that the process runs as, when it is another one */
  static async create(parent: string, owner?: number): Promise<WorkFolder> {
    const folder = new WorkFolder(await mkdtemp(path.join(parent, 'process-')), owner);
    const { inputs, outputs } = folder;
    await mkdir(inputs, { mode: 0o700 });
    await mkdir(outputs, { mode: 0o700 });
    if (owner !== undefined) {
      // Not by the mode of mkdir, which the umask narrows.
      await chmod(folder.path, 0o755);
      await chmod(inputs, 0o755);
      await chown(outputs, owner, owner);
    }
    return folder;
  }

  get inputs(): string {
    return path.join(this.path, INPUT_FOLDER);
  }

  get outputs(): string {
    return path.join(this.path, OUTPUT_FOLDER);
  }

  async give({ inputs = {} }: TaskFiles): Promise<void> {
    for (const [name, source] of Object.entries(inputs)) {
      const target = path.join(this.inputs, name);
      await link(source, target).catch((error: NodeJS.ErrnoException) => {
        if (!NO_LINK.includes(error.code ?? '')) throw error;
        return copyFile(source, target);
      });
      if (this.owner !== undefined) await chmod(target, 0o444);
    }
  }

  /** @throws ProtocolError when one is missing or no file: a link would lead out of the folder */
  async take({ outputs = {} }: TaskFiles): Promise<void> {
    for (const [name, target] of Object.entries(outputs)) {
      const source = path.join(this.outputs, name);
      await rename(source, target).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') throw new ProtocolError(`Process did not write ${name}`);
        throw error;
      });
      if ((await lstat(target)).isFile()) continue;
      await rm(target, { recursive: true, force: true });
      throw new ProtocolError(`Process wrote ${name}, which is no file`);
    }
  }

  /** Removes what a task left. @returns false when that has to wait for the end of the process */
  async clear(): Promise<boolean> {
    try {
      for (const folder of [this.inputs, this.outputs]) {
        for (const name of await readdir(folder)) await unlink(path.join(folder, name));
      }
      return true;
    } catch {
      return false;
    }
  }

  /** Once the process is gone. */
  async remove(): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }
}
