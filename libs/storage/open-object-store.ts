import type { StorageConfig, TimeLimits } from '#config';
import type { ObjectStore } from '#core';
import { FilesystemObjectStore } from './filesystem/filesystem-object-store.js';
import { SignedLinks } from './filesystem/signed-links.js';
import { S3ObjectStore } from './s3/s3-object-store.js';

/** Route of the API under which the filesystem adapter's objects are served. */
export const OBJECTS_ROUTE = '/v1/objects';

/** The configured store, for a program without a framework; nothing is asked of it yet. */
export function openObjectStore(config: StorageConfig, limits: TimeLimits): ObjectStore {
  if (config.backend === 's3') return new S3ObjectStore(config.s3, limits);
  const { root, signingKey, publicUrl } = config.filesystem;
  return new FilesystemObjectStore(root, new SignedLinks(signingKey, publicUrl + OBJECTS_ROUTE));
}
