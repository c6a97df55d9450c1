export { failedJobs, removeFailedJobs } from './clear-failed-jobs.js';
export { eachAtOnce } from './each-at-once.js';
export { JobGiver } from './job-giver.js';
export { reapStuck, type ReapOutcome } from './reap-stuck.js';
export { type FailedRender, requeueFailed, type RequeueOutcome } from './requeue-failed.js';
export { restoreJob } from './restore-job.js';
export { type PendingProgress, restorePending } from './restore-pending.js';
