export { archiveRenders, type ArchivedBatch, type ArchiveRequest } from './maintenance/archive-renders.js';
export { copyToFile } from './maintenance/copy-to-file.js';
export { findOrphans, SuspiciousOrphanRatioError, type OrphanSearch } from './maintenance/find-orphans.js';
export { measureStorage, type StorageUsage } from './maintenance/measure-storage.js';
export { failedJobs, removeFailedJobs } from './maintenance/clear-failed-jobs.js';
export { mapConcurrent } from './maintenance/map-concurrent.js';
export { JobDispatcher } from './maintenance/job-dispatcher.js';
export { recoverStuck, type RecoveryOutcome } from './maintenance/recover-stuck.js';
export { type FailedRender, requeueFailed, type RequeueOutcome } from './maintenance/requeue-failed.js';
export { jobIdsOf, restoreJobs, withoutLiveJob } from './maintenance/restore-jobs.js';
export { StorageRoomModule } from './storage-room.module.js';
export { type PendingProgress, restorePending } from './maintenance/restore-pending.js';
export { StorageAdmission } from './storage-admission.js';
export {
  type AcceptedRender,
  type RenderSubmission,
  type SubmissionServices,
  type SubmittedPhoto,
  SubmitRender,
} from './submit-render.js';
export { type AbandonedUpload, type CleanupTimes, UploadCleanup } from './upload-cleanup.js';
