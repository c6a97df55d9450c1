export const STORAGE_OPERATIONS = ['upload', 'download', 'delete'] as const;
export type StorageOperation = (typeof STORAGE_OPERATIONS)[number];

/** Is told of the object store's work for this process. */
export abstract class StorageObserver {
  abstract ended(operation: StorageOperation, status: 'success' | 'failure', seconds: number): void;
  abstract transferred(direction: 'upload' | 'download', bytes: number): void;
}
