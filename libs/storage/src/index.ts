export { attachmentDisposition } from './content-disposition.js';
export { BucketLifecycle, type ExpiryRule, LifecycleUnsupportedError } from './s3/bucket-lifecycle.js';
export { FilesystemObjectStore } from './filesystem/filesystem-object-store.js';
export { SignedLinks, type SignedLinkQuery } from './filesystem/signed-links.js';
export { MeasuredObjectStore } from './measured-object-store.js';
export { S3ObjectStore } from './s3/s3-object-store.js';
export { OBJECTS_ROUTE, openObjectStore } from './open-object-store.js';
export { StorageModule } from './storage.module.js';
