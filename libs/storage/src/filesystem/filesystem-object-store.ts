import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import {
  access,
  chmod,
  constants,
  copyFile,
  lstat,
  mkdir,
  open,
  opendir,
  rename,
  rm,
  rmdir,
  stat,
  statfs,
} from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { DependencyError, ObjectStore, type ListedObject, type SignedLinkOptions, type StoredObject } from '#core';
import type { SignedLinks } from './signed-links.js';

/** Folder of half-written objects, inside the root so that the final rename stays on one file system. */
const STAGING = '.staging';

/** Whatever the umask is: photos and prints are for the service's user, who is one for API and workers. */
const PRIVATE_FILE = 0o600;
const PRIVATE_FOLDER = 0o700;
/** A new file, never one that has been put in its place. */
const NEW_COPY = constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL;

/** Objects as files under one folder. */
export class FilesystemObjectStore extends ObjectStore {
  private readonly root: string;

  constructor(
    root: string,
    private readonly links: SignedLinks,
  ) {
    super();
    this.root = path.resolve(root);
  }

  async prepare(): Promise<void> {
    await this.guard('prepare the storage folder', async () => {
      const staging = path.join(this.root, STAGING);
      await mkdir(staging, { recursive: true, mode: PRIVATE_FOLDER });
      // Of an earlier version; one that another user owns cannot be changed, and need not be.
      await chmod(staging, PRIVATE_FOLDER).catch(() => undefined);
    });
  }

  async putFile(key: string, source: string): Promise<StoredObject> {
    const target = this.pathOf(key);
    const staged = path.join(this.root, STAGING, randomUUID());
    return this.guard(`store ${key}`, async () => {
      try {
        await copyFile(source, staged, NEW_COPY);
        const sizeBytes = await seal(staged);
        await this.moveIntoPlace(staged, target);
        return { key, sizeBytes };
      } finally {
        await rm(staged, { force: true });
      }
    });
  }

  async copy(from: string, to: string): Promise<void> {
    const source = this.pathOf(from);
    const target = this.pathOf(to);
    const staged = path.join(this.root, STAGING, randomUUID());
    await this.guardExisting(`copy ${from}`, async () => {
      try {
        await copyFile(source, staged, NEW_COPY);
        await seal(staged);
        await this.moveIntoPlace(staged, target);
      } finally {
        await rm(staged, { force: true });
      }
    });
  }

  async fetchToFile(key: string, target: string): Promise<StoredObject> {
    const source = this.pathOf(key);
    return this.guardExisting(`fetch ${key}`, async () => {
      await copyFile(source, target, NEW_COPY);
      return { key, sizeBytes: (await stat(target)).size };
    });
  }

  async read(key: string): Promise<Readable> {
    const file = this.pathOf(key);
    const handle = await this.guardExisting(`read ${key}`, () => open(file, 'r'));
    return createReadStream(file, { fd: handle });
  }

  async stat(key: string): Promise<StoredObject | null> {
    const file = this.pathOf(key);
    return this.guard(`stat ${key}`, async () => {
      const stats = await stat(file).catch((error: NodeJS.ErrnoException) => {
        if (isMissing(error)) return null;
        throw error;
      });
      return stats?.isFile() ? { key, sizeBytes: stats.size } : null;
    });
  }

  async remove(key: string): Promise<void> {
    const file = this.pathOf(key);
    await this.guard(`remove ${key}`, async () => {
      await rm(file, { force: true }).catch((error: unknown) => {
        if (!isMissing(error)) throw error; // Below something that is a file and no folder, for instance.
      });
      await this.removeEmptyParents(path.dirname(file));
    });
  }

  async *list(prefix: string): AsyncIterable<ListedObject> {
    // The deepest whole folder of the prefix; the rest is compared as text, as S3 does.
    const folder = prefix.slice(0, prefix.lastIndexOf('/') + 1);
    const start = folder ? this.pathOf(folder.slice(0, -1)) : this.root;
    try {
      for await (const file of this.filesUnder(start)) {
        const key = path.relative(this.root, file).split(path.sep).join('/');
        if (!key.startsWith(prefix)) continue;
        const { size, mtime } = await stat(file);
        yield { key, sizeBytes: size, modifiedAt: mtime };
      }
    } catch (error) {
      throw unavailable(`list ${prefix}`, error);
    }
  }

  async discardUnfinished(before: Date): Promise<void> {
    await this.guard('tidy the staging folder', async () => {
      for await (const { name } of await opendir(path.join(this.root, STAGING))) {
        const file = path.join(this.root, STAGING, name);
        const stats = await lstat(file).catch(() => null); // Finished meanwhile, or removed by another.
        if (stats && stats.mtime < before) await rm(file, { force: true });
      }
    });
  }

  /** What this user may fill: blocks kept for root do not count. */
  async freeBytes(): Promise<number> {
    const { bavail, bsize } = await this.guard('measure the free room', () => statfs(this.root));
    return bavail * bsize;
  }

  async signedLink(key: string, options: SignedLinkOptions): Promise<string> {
    this.pathOf(key);
    return this.links.sign(key, options);
  }

  async ping(): Promise<void> {
    await this.guard('reach the storage folder', () => access(path.join(this.root, STAGING), constants.W_OK));
  }

  async close(): Promise<void> {}

  /** Where the object lies on disk. A key is `/`-separated plain names; anything else never reaches the disk. */
  pathOf(key: string): string {
    const segments = key.split('/');
    const plain = segments.every((name) => name !== '' && name !== '.' && name !== '..' && !/[\0\\]/.test(name));
    if (!plain || segments[0] === STAGING) {
      throw new DependencyError('object_missing', 'A stored object is missing', { cause: new Error(`Bad key ${key}`) });
    }
    return path.join(this.root, ...segments);
  }

  private async moveIntoPlace(staged: string, target: string): Promise<void> {
    // A concurrent remove may remove the empty folder between the two steps.
    for (let attempt = 0; ; attempt++) {
      await mkdir(path.dirname(target), { recursive: true, mode: PRIVATE_FOLDER });
      try {
        return await rename(staged, target);
      } catch (error) {
        if (!isMissing(error) || attempt >= 3) throw error;
      }
    }
  }

  private async removeEmptyParents(folder: string): Promise<void> {
    for (let at = folder; at.startsWith(this.root + path.sep); at = path.dirname(at)) {
      try {
        await rmdir(at);
      } catch {
        return; // Not empty, or gone already: nothing left to tidy.
      }
    }
  }

  private async *filesUnder(folder: string): AsyncIterable<string> {
    const entries = await opendir(folder).catch((error: NodeJS.ErrnoException) => {
      if (isMissing(error)) return null;
      throw error;
    });
    if (!entries) return;
    for await (const entry of entries) {
      const at = path.join(folder, entry.name);
      if (entry.isDirectory() && !(folder === this.root && entry.name === STAGING)) yield* this.filesUnder(at);
      else if (entry.isFile()) yield at;
    }
  }

  private async guard<T>(action: string, operation: () => Promise<T>): Promise<T> {
    try {
      return await operation();
    } catch (error) {
      throw unavailable(action, error);
    }
  }

  /** As {@link guard}, for operations on an object that must exist. */
  private guardExisting<T>(action: string, operation: () => Promise<T>): Promise<T> {
    return this.guard(action, operation).catch((error: DependencyError) => {
      const cause = (error.cause as Error).cause;
      throw isMissing(cause) ? new DependencyError('object_missing', 'A stored object is missing', { cause }) : error;
    });
  }
}

/** Closes the file to other users and makes its bytes survive a power cut; returns their number. */
async function seal(file: string): Promise<number> {
  const handle = await open(file, 'r+');
  try {
    await handle.chmod(PRIVATE_FILE);
    await handle.sync();
    return (await handle.stat()).size;
  } finally {
    await handle.close();
  }
}

function isMissing(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENOTDIR';
}

function unavailable(action: string, cause: unknown): DependencyError {
  return new DependencyError('storage_unavailable', 'Object storage is unavailable', {
    cause: new Error(`Could not ${action}: ${(cause as Error).message}`, { cause }),
  });
}
