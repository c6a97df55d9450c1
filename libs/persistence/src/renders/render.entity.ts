import { type PrintFileInfo, type PrintLayout, type PrintWarning, RENDER_STATUSES, type RenderStatus } from '#core';
import {
  Check,
  Column,
  CreateDateColumn,
  Entity,
  Index,
  JoinColumn,
  ManyToOne,
  PrimaryColumn,
  type Relation,
  UpdateDateColumn,
  VirtualColumn,
} from 'typeorm';
import { type Cursor, exactTime } from '../cursor.js';
import { Owner, SYSTEM_OWNER_ID } from '../owners/owner.entity.js';
import { Asset } from '../assets/asset.entity.js';
import { SizePreset } from '../catalogue/size-preset.entity.js';
import { Style } from '../catalogue/style.entity.js';

/** What is kept of a render in one document, as it is written there. */
export interface RenderMetadata {
  readonly layout?: PrintLayout;
  readonly warnings?: readonly PrintWarning[];
  /** The finished print, as read back from the file. */
  readonly file?: PrintFileInfo;
  /** How often an operator had it rendered again after it had failed, and why it had failed last. */
  readonly requeues?: number;
  readonly last_failure?: {
    readonly error_code: string | null;
    readonly error_message: string | null;
    readonly failed_at: string | null;
  };
}

const statusList = RENDER_STATUSES.map((status) => `'${status}'`).join(', ');

/** One render: its state, what it runs with and what came of it. Services read it as it is; what clients see is mapped from it. */
@Entity('renders')
@Check('chk_renders_status', `status IN (${statusList})`)
@Index('idx_renders_status', ['status'])
@Index('idx_renders_status_created', ['status', 'createdAt'])
@Index('idx_renders_status_completed', ['status', 'completedAt'])
@Index('idx_renders_created', ['createdAt', 'id'])
// Over an expression, which a decorator cannot name: see the migration.
@Index('idx_renders_queued', { synchronize: false })
@Index('idx_renders_client', { synchronize: false })
@Index('idx_renders_queue_rank', ['status', 'queueRank'], { where: "status IN ('queued', 'started')" })
@Index('idx_renders_queue_job_id', ['queueJobId'])
@Index('idx_renders_lease_until', ['leaseUntil'], { where: "status = 'started'" })
@Index('idx_renders_asset_id', ['assetId'])
@Index('idx_renders_style_id', ['styleId'])
@Index('idx_renders_size_preset_id', ['sizePresetId'])
export class Render {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'pk_renders' })
  id: string;

  @Column('uuid', { name: 'owner_id', default: SYSTEM_OWNER_ID })
  ownerId: string;

  @ManyToOne(() => Owner, { nullable: false })
  @JoinColumn({ name: 'owner_id', foreignKeyConstraintName: 'fk_renders_owner' })
  owner: Relation<Owner>;

  @Column('uuid', { name: 'asset_id' })
  assetId: string;

  @ManyToOne(() => Asset, { nullable: false })
  @JoinColumn({ name: 'asset_id', foreignKeyConstraintName: 'fk_renders_asset' })
  asset: Relation<Asset>;

  @Column('uuid', { name: 'style_id' })
  styleId: string;

  @ManyToOne(() => Style, { nullable: false })
  @JoinColumn({ name: 'style_id', foreignKeyConstraintName: 'fk_renders_style' })
  style: Relation<Style>;

  @Column('uuid', { name: 'size_preset_id' })
  sizePresetId: string;

  @ManyToOne(() => SizePreset, { nullable: false })
  @JoinColumn({ name: 'size_preset_id', foreignKeyConstraintName: 'fk_renders_size_preset' })
  sizePreset: Relation<SizePreset>;

  @Column('varchar', { length: 20, default: 'queued' })
  status: RenderStatus;

  @Column('varchar', { name: 'queue_job_id', length: 100, nullable: true })
  queueJobId: string | null;

  @Column('jsonb', { name: 'algorithm_config_snapshot', default: {} })
  algorithmConfig: Record<string, unknown>;

  @Column('varchar', { name: 'pipeline_version', length: 50, nullable: true })
  pipelineVersion: string | null;

  @Column('varchar', { name: 'output_minio_key', length: 512, nullable: true })
  outputKey: string | null;

  @Column('varchar', { name: 'preview_minio_key', length: 512, nullable: true })
  previewKey: string | null;

  @Column('timestamptz', { name: 'started_at', nullable: true })
  startedAt: Date | null;

  @Column('timestamptz', { name: 'completed_at', nullable: true })
  completedAt: Date | null;

  /** When its files were given up. */
  @Column('timestamptz', { name: 'archived_at', nullable: true })
  archivedAt: Date | null;

  @Column('integer', { name: 'duration_ms', nullable: true })
  durationMs: number | null;

  /** How often it has been taken up. */
  @Column('integer', { default: 0 })
  attempt: number;

  /** Fencing token of the worker that holds it. */
  @Column('uuid', { name: 'lease_token', nullable: true })
  leaseToken: string | null;

  @Column('timestamptz', { name: 'lease_until', nullable: true })
  leaseUntil: Date | null;

  /** How often its worker was lost while it rendered. */
  @Column('integer', { name: 'lost_attempts', default: 0 })
  lostAttempts: number;

  /** Token of the attempt whose result counts; from then on nothing is rendered any more. */
  @Column('uuid', { name: 'result_token', nullable: true })
  resultToken: string | null;

  /** How many jobs it has had. */
  @Column('integer', { name: 'queue_generation', default: 1 })
  queueGeneration: number;

  /** Who submitted it, only while it waits or runs: a trigger removes it then. Personal data: never shown, so not even read. */
  @Column('varchar', { length: 255, nullable: true, select: false })
  client: string | null;

  /** Its place in the fair order between clients, lower first; null when a version without that order accepted it. */
  @Column('integer', { name: 'queue_rank', nullable: true })
  queueRank: number | null;

  /** What it costs to render, by which the next one of its client comes later. */
  @Column('smallint', { name: 'queue_cost', default: 1 })
  queueCost: number;

  /** Percent of the work that is done. */
  @Column('smallint', { default: 0 })
  progress: number;

  @Column('varchar', { name: 'error_code', length: 50, nullable: true })
  errorCode: string | null;

  @Column('text', { name: 'error_message', nullable: true })
  errorMessage: string | null;

  /** When an operator had it rendered again, after it had failed. */
  @Column('timestamptz', { name: 'requeued_at', nullable: true })
  requeuedAt: Date | null;

  /** `X-Request-Id` of the submission. */
  @Column('varchar', { name: 'request_id', length: 128, nullable: true })
  requestId: string | null;

  /** Trace that the submission belongs to, in the form of W3C Trace Context. */
  @Column('varchar', { length: 55, nullable: true })
  traceparent: string | null;

  @Column('jsonb', { default: {} })
  metadata: RenderMetadata;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;

  /** The same to the microsecond, for cursors. */
  @VirtualColumn({ type: 'text', query: (alias) => exactTime(`${alias}.created_at`) })
  readonly createdAtExact: string;

  @UpdateDateColumn({ name: 'updated_at', type: 'timestamptz' })
  updatedAt: Date;

  /** Its place in lists by the time of its creation. */
  get cursor(): Cursor {
    return { at: this.createdAtExact, id: this.id };
  }

  get layout(): PrintLayout {
    return this.metadata.layout ?? {};
  }

  get warnings(): readonly PrintWarning[] {
    return this.metadata.warnings ?? [];
  }

  /** The finished print; null until then. */
  get file(): PrintFileInfo | null {
    return this.metadata.file ?? null;
  }
}
