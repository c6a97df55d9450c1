export { Asset, type NewAsset } from './assets/asset.entity.js';
export { ObjectReferences } from './assets/object-references.js';
export { Catalogue } from './catalogue/catalogue.js';
export { SizePreset } from './catalogue/size-preset.entity.js';
export { Style } from './catalogue/style.entity.js';
export { type Cursor, decodeCursor, encodeCursor } from './cursor.js';
export { dataSourceOptions } from './data-source.js';
export { DatabaseProbe } from './database-probe.js';
export { LeaderLock, LEADER_TASKS, type LeaderTask } from './maintenance/leader-lock.js';
export { ReconcilerProgressRepository, type ReconcilerRound } from './maintenance/reconciler-progress-repository.js';
export { StorageUsageRepository } from './maintenance/storage-usage-repository.js';
export { SweepSchedule } from './maintenance/sweep-schedule.js';
export { openDatabase, type OpenDatabase } from './open-database.js';
export { Owner, SYSTEM_OWNER_ID } from './owners/owner.entity.js';
export { PersistenceModule } from './persistence.module.js';
export type { PostgresInfo, RenderStats } from './postgres-info.js';
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
