export const STORAGE_OPERATIONS = ['upload', 'download', 'delete'] as const;
export type StorageOperation = (typeof STORAGE_OPERATIONS)[number];

/** Observes what this process does with the object store. */
export abstract class StorageObserver {
  abstract ended(operation: StorageOperation, status: 'success' | 'failure', seconds: number): void;
  abstract transferred(direction: 'upload' | 'download', bytes: number): void;
}
