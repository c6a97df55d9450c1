import type { FilesystemStorageConfig, StorageConfig, TimeLimits } from '#config';
import type { ObjectStore } from '#core';
import { FilesystemObjectStore } from './filesystem/filesystem-object-store.js';
import { SignedLinks } from './filesystem/signed-links.js';
import { S3ObjectStore } from './s3/s3-object-store.js';

type FolderStorageConfig = Extract<StorageConfig, { readonly filesystem: unknown }>;

/** Route of the API under which the filesystem adapter's objects are served. */
export const OBJECTS_ROUTE = '/v1/objects';

/** The configured store, for a program without a framework; nothing is asked of it yet. */
export function openObjectStore(config: StorageConfig, limits: TimeLimits): ObjectStore {
  if (config.backend === 's3') return new S3ObjectStore(config.s3, limits);
  return folderStore(config, signedLinks(config.filesystem));
}

/** The store of a backend that keeps objects in a folder, whose links the API serves. */
export function folderStore({ filesystem }: FolderStorageConfig, links: SignedLinks): FilesystemObjectStore {
  return new FilesystemObjectStore(filesystem.root, links);
}

/** The links that the API serves itself. */
export function signedLinks({ signingKey, previousSigningKey, publicUrl }: FilesystemStorageConfig): SignedLinks {
  return new SignedLinks(signingKey, publicUrl + OBJECTS_ROUTE, Date.now, previousSigningKey);
}
