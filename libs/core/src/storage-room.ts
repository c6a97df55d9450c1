import { OverloadError } from './errors.js';
import type { ObjectStore } from './ports/object-store.js';
import type { PrintVolume } from './render.js';
import type { SizeInPixels } from './print-size.js';

/** How far the storage may be filled. */
export interface StorageLimits {
  /** Bytes that all objects together may take; undefined where only the disk sets a limit. */
  readonly quotaBytes?: number;
  /** Bytes of the store's disk that are left free, for the database beside it and for files in progress. */
  readonly minFreeBytes: number;
}

/** Knows how many bytes are stored now. */
export interface StoredBytes {
  estimate(): Promise<number>;
}

/** Knows the prints that are still to be made. */
export interface OutstandingPrints {
  outstanding(): Promise<Readonly<Record<'queued' | 'started', PrintVolume>>>;
  outstandingOf(client: string): Promise<PrintVolume>;
}

/** What is known of the room in the storage; all in bytes. */
export interface StorageRoomReport {
  /** Free on the store's disk; undefined where the store does not know. */
  readonly freeBytes?: number;
  /** Taken by objects, as measured last and by what was stored since; undefined without a quota. */
  readonly usedBytes?: number;
  /** What the waiting and running renders may still write. */
  readonly reservedBytes: number;
  /** What further renders may take; below 0 when too much is accepted already. */
  readonly roomBytes: number;
}

/**
 * Upper bound of a print's bytes for each of its pixels: LZW makes a code of 12 bits at most for each of its three bytes,
 * and noise comes near. Photographs take 0.1 to 1.7, by style.
 */
const MAX_BYTES_PER_PIXEL = 4.5;
/** Of 1200 pixels a side at most, in JPEG. */
const MAX_PREVIEW_BYTES = 2 ** 21;
/** While a render runs, its print lies in the worker's folder, under the attempt's key and under its own. */
const COPIES_IN_PROGRESS = 3;

/** Most bytes that a print with its preview takes once it is done. */
export function maxPrintBytes({ widthPx, heightPx }: SizeInPixels): number {
  return widthPx * heightPx * MAX_BYTES_PER_PIXEL + MAX_PREVIEW_BYTES;
}

/** Most bytes that a print takes besides its own while it is made. */
export function maxWorkingBytes(print: SizeInPixels): number {
  return (COPIES_IN_PROGRESS - 1) * maxPrintBytes(print);
}

/** Compares what the storage may take with what is stored and what accepted renders will still store. */
export class StorageRoom {
  constructor(
    private readonly objects: ObjectStore,
    private readonly usage: StoredBytes,
    private readonly statistics: OutstandingPrints,
    readonly limits: StorageLimits,
  ) {}

  /**
   * @returns null when nothing limits the storage that this process knows of
   * @throws DependencyError when the store or the database cannot be asked
   */
  async read(): Promise<StorageRoomReport | null> {
    const { quotaBytes, minFreeBytes } = this.limits;
    const free = await this.objects.freeBytes();
    if (free === null && quotaBytes === undefined) return null;
    const [outstanding, usedBytes] = await Promise.all([
      this.statistics.outstanding(),
      quotaBytes === undefined ? undefined : this.usage.estimate(),
    ]);
    const reservedBytes = reserveFor(outstanding.queued) + COPIES_IN_PROGRESS * reserveFor(outstanding.started);
    const ofDisk = free === null ? Number.POSITIVE_INFINITY : free - minFreeBytes;
    const ofQuota = quotaBytes === undefined ? Number.POSITIVE_INFINITY : quotaBytes - usedBytes!;
    return {
      ...(free === null ? {} : { freeBytes: free }),
      ...(usedBytes === undefined ? {} : { usedBytes }),
      reservedBytes,
      roomBytes: Math.min(ofDisk, ofQuota) - reservedBytes,
    };
  }

  /** What the waiting and running renders of one client may still write, in bytes. @throws DependencyError */
  async reservedBy(client: string): Promise<number> {
    return reserveFor(await this.statistics.outstandingOf(client));
  }

  /**
   * Asks the disk alone, which costs one call to the system.
   * @throws OverloadError `storage_full` when less than the limit would be free after these bytes
   */
  async checkDisk(bytes: number): Promise<void> {
    const free = await this.objects.freeBytes();
    if (free !== null && free - bytes < this.limits.minFreeBytes) throw storageFull();
  }
}

/** Seconds after which there may be room again: nothing but finished and removed renders makes any. */
const RETRY_SECONDS = 60;

export function storageFull(): OverloadError {
  return new OverloadError('storage_full', 'Storage is full', {
    hint: 'There is no room for another print now; send the photo again after the seconds in Retry-After',
    retryAfterSeconds: RETRY_SECONDS,
  });
}

export function clientRoomReached(): OverloadError {
  return new OverloadError('too_many_requests', 'Too much storage room for renders of this client', {
    hint:
      'Its waiting renders hold as much of the storage as is left for all others; send the photo again after the seconds in ' +
      'Retry-After',
    retryAfterSeconds: RETRY_SECONDS,
  });
}

function reserveFor({ renders, pixels }: { readonly renders: number; readonly pixels: number }): number {
  return pixels * MAX_BYTES_PER_PIXEL + renders * MAX_PREVIEW_BYTES;
}
