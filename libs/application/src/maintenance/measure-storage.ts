import type { ObjectStore } from '#core';

export interface PrefixUsage {
  objects: number;
  bytes: number;
}

export interface StorageUsage {
  readonly total: PrefixUsage;
  /** By the first segment of the key with its slash, such as `renders/`. */
  readonly prefixes: Readonly<Record<string, PrefixUsage>>;
}

/** Lists everything in the store. @param onProgress called with the number of objects seen so far */
export async function measureStorage(
  objects: ObjectStore,
  { onProgress, signal }: { onProgress?: (objects: number) => void; signal?: AbortSignal } = {},
): Promise<StorageUsage> {
  const total: PrefixUsage = { objects: 0, bytes: 0 };
  const prefixes: Record<string, PrefixUsage> = {};
  for await (const { key, sizeBytes } of objects.list('')) {
    signal?.throwIfAborted();
    const prefix = key.slice(0, key.indexOf('/') + 1);
    for (const sum of [total, (prefixes[prefix] ??= { objects: 0, bytes: 0 })]) {
      sum.objects++;
      sum.bytes += sizeBytes;
    }
    onProgress?.(total.objects);
  }
  return { total, prefixes };
}
