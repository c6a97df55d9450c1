import type { Readable } from 'node:stream';

export interface StoredObject {
  readonly key: string;
  readonly sizeBytes: number;
}

export interface ListedObject extends StoredObject {
  readonly modifiedAt: Date;
}

export interface SignedLinkOptions {
  readonly expiresInSeconds: number;
  /** Name offered to the person who saves the file (`Content-Disposition: attachment`). */
  readonly downloadName: string;
  readonly contentType: string;
}

/**
 * Keeps uploads and results under keys of `/`-separated segments. Every adapter passes the same contract suite.
 * All methods throw {@link DependencyError}: `storage_unavailable` when the store cannot be reached or refuses,
 * `object_missing` when a key that must exist does not.
 */
export abstract class ObjectStore {
  /** Prepares the store for use (bucket or folder); safe to call again. */
  abstract prepare(): Promise<void>;
  /** Stores the file at `path` whole: readers see the old object or the new one, never a part. */
  abstract putFile(key: string, path: string, contentType: string): Promise<StoredObject>;
  /** Copies an object whole, without passing it through this process. */
  abstract copy(from: string, to: string): Promise<void>;
  /** Writes the object to a new file that only this user may read; one that is there already is a failure. */
  abstract fetchToFile(key: string, path: string): Promise<StoredObject>;
  abstract read(key: string): Promise<Readable>;
  abstract stat(key: string): Promise<StoredObject | null>;
  /** Removes the object; a missing one is no error. */
  abstract remove(key: string): Promise<void>;
  abstract list(prefix: string): AsyncIterable<ListedObject>;
  /** Removes what writes that broke off before that moment have left behind. */
  abstract discardUnfinished(before: Date): Promise<void>;
  /** Bytes that are free on the disk of the store, by one call to the system; null where the store does not know, as on S3. */
  abstract freeBytes(): Promise<number | null>;
  /** A link that any client may GET until it expires. */
  abstract signedLink(key: string, options: SignedLinkOptions): Promise<string>;
  /** Resolves when the store answers. */
  abstract ping(): Promise<void>;
  abstract close(): Promise<void>;
}
