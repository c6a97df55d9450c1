// Every table and what reads and writes it: the one file of this library, besides its own, that a new table touches.
import { Asset } from './assets/asset.entity.js';
import { ObjectReferences } from './assets/object-references.js';
import { Catalogue } from './catalogue/catalogue.js';
import { SizePreset } from './catalogue/size-preset.entity.js';
import { Style } from './catalogue/style.entity.js';
import { LeaderLock } from './maintenance/leader-lock.js';
import { ReconcilerProgressRepository } from './maintenance/reconciler-progress-repository.js';
import { ReconcilerProgress } from './maintenance/reconciler-progress.entity.js';
import { StorageUsageRepository } from './maintenance/storage-usage-repository.js';
import { StorageUsage } from './maintenance/storage-usage.entity.js';
import { SweepAttempt } from './maintenance/sweep-attempt.entity.js';
import { SweepSchedule } from './maintenance/sweep-schedule.js';
import { Owner } from './owners/owner.entity.js';
import { RenderArchive } from './renders/render-archive.js';
import { RenderCount } from './renders/render-count.entity.js';
import { RenderEvent } from './renders/render-event.entity.js';
import { RenderRepository } from './renders/render-repository.js';
import { RenderStatistics } from './renders/render-statistics.js';
import { Render } from './renders/render.entity.js';

export { Asset, type NewAsset } from './assets/asset.entity.js';
export { ObjectReferences } from './assets/object-references.js';
export { Catalogue } from './catalogue/catalogue.js';
export { SizePreset } from './catalogue/size-preset.entity.js';
export { Style } from './catalogue/style.entity.js';
export { LeaderLock, LEADER_TASKS, type LeaderTask } from './maintenance/leader-lock.js';
export { ReconcilerProgressRepository, type ReconcilerRound } from './maintenance/reconciler-progress-repository.js';
export { StorageUsageRepository } from './maintenance/storage-usage-repository.js';
export { SweepSchedule } from './maintenance/sweep-schedule.js';
export { Owner, SYSTEM_OWNER_ID } from './owners/owner.entity.js';
export type { CreatedRender, NewRender, WaitingLimits } from './renders/new-render.js';
export type { QueuedRender, RequeuedRender } from './renders/queued-render.js';
export {
  RenderArchive,
  type ExpiredRender,
  type RetentionFilter,
  type RetentionSummary,
} from './renders/render-archive.js';
export type { FailureReason, RenderClaim, RenderLease, RenderResult } from './renders/render-lease.js';
export {
  RenderOperations,
  type RecoveredRender,
  type RenderForecast,
  type StuckAction,
} from './renders/render-operations.js';
export { Render } from './renders/render.entity.js';
export { RenderEvent, type RenderEventType } from './renders/render-event.entity.js';
export { RenderRepository } from './renders/render-repository.js';
export {
  RENDER_GROUPINGS,
  type RenderGroup,
  type RenderGrouping,
  type RenderSelection,
} from './renders/render-selection.js';
export { RenderStatistics } from './renders/render-statistics.js';

/** The tables that TypeORM knows. Readiness asks for every column of them. */
export const ENTITIES = [
  Owner,
  Asset,
  Style,
  SizePreset,
  Render,
  RenderEvent,
  RenderCount,
  ReconcilerProgress,
  StorageUsage,
  SweepAttempt,
];

/** What services inject, by class. */
export const REPOSITORIES = [
  Catalogue,
  LeaderLock,
  ObjectReferences,
  ReconcilerProgressRepository,
  RenderArchive,
  RenderRepository,
  RenderStatistics,
  StorageUsageRepository,
  SweepSchedule,
];
