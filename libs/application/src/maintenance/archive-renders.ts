import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { ObjectStore } from '#core';
import type { RenderArchive, RetentionFilter } from '#persistence';
import { copyToFile } from './copy-to-file.js';

const BATCH = 100;

export interface ArchiveRequest {
  readonly which: RetentionFilter;
  readonly archive: RenderArchive;
  readonly objects: ObjectStore;
  /** Folder that gets a copy of every file before it is removed, under the file's key. */
  readonly copyTo?: string;
  readonly signal?: AbortSignal;
  readonly onBatch?: (batch: ArchivedBatch) => void;
}

export interface ArchivedBatch {
  readonly renders: number;
  readonly filesRemoved: number;
  readonly filesCopied: number;
  /** Files that were not there to be copied, such as those that the bucket let expire. */
  readonly filesMissing: number;
}

/**
 * Archives old renders, batch by batch. The rows go first, so that whatever happens no row promises a file that is gone:
 * files left behind by a crash have no name any more, and the sweep removes them. Safe to stop and to repeat.
 * @returns the sums of all batches
 */
export async function archiveRenders(order: ArchiveRequest): Promise<ArchivedBatch> {
  let sum: ArchivedBatch = { renders: 0, filesRemoved: 0, filesCopied: 0, filesMissing: 0 };
  for (;;) {
    order.signal?.throwIfAborted();
    const old = await order.archive.list(order.which, BATCH);
    if (old.length === 0) return sum;
    let [filesCopied, filesMissing] = [0, 0];
    if (order.copyTo !== undefined) {
      for (const key of old.flatMap(({ keys }) => keys)) {
        order.signal?.throwIfAborted();
        if (await copyOut(order.objects, key, order.copyTo)) filesCopied++;
        else filesMissing++;
      }
    }
    const released = await order.archive.archive(old.map(({ id }) => id));
    for (const key of released) await order.objects.remove(key);
    const batch = { renders: old.length, filesRemoved: released.length, filesCopied, filesMissing };
    order.onBatch?.(batch);
    sum = {
      renders: sum.renders + batch.renders,
      filesRemoved: sum.filesRemoved + batch.filesRemoved,
      filesCopied: sum.filesCopied + batch.filesCopied,
      filesMissing: sum.filesMissing + batch.filesMissing,
    };
  }
}

/** @returns whether there was such an object */
async function copyOut(objects: ObjectStore, key: string, folder: string): Promise<boolean> {
  const target = path.join(folder, ...key.split('/'));
  await mkdir(path.dirname(target), { recursive: true });
  return (await copyToFile(objects, key, target)) !== null;
}
