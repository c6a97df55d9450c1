import { pipeline, type Readable, Transform } from 'node:stream';
import {
  DependencyError,
  type ListedObject,
  ObjectStore,
  type SignedLinkOptions,
  type StoredObject,
  type StorageObserver,
  type StorageOperation,
} from '#core';

/**
 * A store that reports the outcome of its uploads, downloads and deletions. What the store answers counts as success, also that
 * there is no such object; once the bytes come, a reader that stops taking them is no failure either.
 */
export class MeasuredObjectStore extends ObjectStore {
  constructor(
    private readonly store: ObjectStore,
    private readonly observer: StorageObserver,
  ) {
    super();
  }

  async putFile(key: string, path: string, contentType: string): Promise<StoredObject> {
    const stored = await this.measure('upload', () => this.store.putFile(key, path, contentType));
    this.observer.transferred('upload', stored.sizeBytes);
    return stored;
  }

  async fetchToFile(key: string, path: string): Promise<StoredObject> {
    const stored = await this.measure('download', () => this.store.fetchToFile(key, path));
    this.observer.transferred('download', stored.sizeBytes);
    return stored;
  }

  /** Measured until the bytes begin to come; how fast they go on is the reader's doing. */
  async read(key: string): Promise<Readable> {
    const stream = await this.measure('download', () => this.store.read(key));
    const count = new Transform({
      transform: (chunk: Buffer, _encoding, done) => {
        this.observer.transferred('download', chunk.length);
        done(null, chunk);
      },
    });
    // An error of the one is passed on to the other.
    return pipeline(stream, count, () => undefined);
  }

  remove(key: string): Promise<void> {
    return this.measure('delete', () => this.store.remove(key));
  }

  prepare(): Promise<void> {
    return this.store.prepare();
  }

  /** The bytes stay with the store: it is no transfer. */
  copy(from: string, to: string): Promise<void> {
    return this.store.copy(from, to);
  }

  stat(key: string): Promise<StoredObject | null> {
    return this.store.stat(key);
  }

  list(prefix: string): AsyncIterable<ListedObject> {
    return this.store.list(prefix);
  }

  discardUnfinished(before: Date): Promise<void> {
    return this.store.discardUnfinished(before);
  }

  freeBytes(): Promise<number | null> {
    return this.store.freeBytes();
  }

  signedLink(key: string, options: SignedLinkOptions): Promise<string> {
    return this.store.signedLink(key, options);
  }

  ping(): Promise<void> {
    return this.store.ping();
  }

  close(): Promise<void> {
    return this.store.close();
  }

  private async measure<T>(operation: StorageOperation, work: () => Promise<T>): Promise<T> {
    const start = performance.now();
    const record = (status: 'success' | 'failure'): void =>
      this.observer.ended(operation, status, (performance.now() - start) / 1000);
    try {
      const result = await work();
      record('success');
      return result;
    } catch (error) {
      // The store did answer: that it has no such object is no failure of its own.
      record(error instanceof DependencyError && error.code === 'object_missing' ? 'success' : 'failure');
      throw error;
    }
  }
}
