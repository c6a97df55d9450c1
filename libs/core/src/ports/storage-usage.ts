export interface StorageUsage {
  readonly bytes: number;
  readonly objects: number;
  readonly measuredAt: Date;
}

/** The last measurement of what is stored: to measure means to list everything, so few do it and all read the result. */
export abstract class StorageUsageRecord {
  /** Replaces the former measurement; the time is the database's own. */
  abstract record(usage: Pick<StorageUsage, 'bytes' | 'objects'>): Promise<void>;
  /**
   * Bytes that are stored now: the last measurement, and the photos and prints that were recorded since. What was removed
   * since is still counted.
   */
  abstract estimate(): Promise<number>;
  /** Null before the first. */
  abstract last(): Promise<StorageUsage | null>;
}
