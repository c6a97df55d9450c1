import { Check, Column, Entity, PrimaryColumn } from 'typeorm';

/** The one row with the progress of the deployment's reconciler. */
@Entity('reconciler_progress')
@Check('chk_reconciler_progress_one_row', 'id = 1')
export class ReconcilerProgress {
  @PrimaryColumn('smallint', { primaryKeyConstraintName: 'pk_reconciler_progress' })
  id: number;

  @Column('timestamptz', { name: 'round_started_at' })
  roundStartedAt: Date;

  /** With `render_id` the last queued render that was looked after; null at the beginning of the queue. */
  @Column('timestamptz', { name: 'waiting_since', nullable: true })
  waitingSince: Date | null;

  @Column('uuid', { name: 'render_id', nullable: true })
  renderId: string | null;

  @Column('timestamptz', { name: 'recounted_at' })
  recountedAt: Date;
}
