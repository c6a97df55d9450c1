export { archiveRenders, type ArchivedBatch, type ArchiveOrder } from './archive-renders.js';
export { findOrphans, type OrphanSearch } from './find-orphans.js';
export { measureStorage, type StorageUsage } from './measure-storage.js';
