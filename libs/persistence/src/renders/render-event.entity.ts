import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryGeneratedColumn, type Relation } from 'typeorm';
import { Render } from './render.entity.js';

/** What can become of a render. All but the first four lead back to the queue or out of the service's hands. */
export type RenderEventType = `render.${
  | 'accepted'
  | 'started'
  | 'completed'
  | 'failed'
  | 'released'
  | 'lost'
  | 'recovered'
  | 'requeued'
  | 'cancelled'
  | 'archived'}`;

/**
 * A change of a render's state. Triggers write one for each, in the transaction of the change (ADR 34). Ids of one render
 * grow with time; those of several may become visible out of order, for they are given before the commit.
 */
@Entity('render_events')
@Index('idx_render_events_render', ['renderId', 'id'])
export class RenderEvent {
  @PrimaryGeneratedColumn('identity', {
    type: 'bigint',
    generatedIdentity: 'ALWAYS',
    primaryKeyConstraintName: 'pk_render_events',
  })
  id: string;

  @Column('uuid', { name: 'render_id' })
  renderId: string;

  @ManyToOne(() => Render, { nullable: false, onDelete: 'CASCADE' })
  @JoinColumn({ name: 'render_id', foreignKeyConstraintName: 'fk_render_events_render' })
  render: Relation<Render>;

  /** The owner of the render. */
  @Column('uuid', { name: 'owner_id' })
  ownerId: string;

  @Column('varchar', { length: 50 })
  type: RenderEventType;

  /** The states it came from and went to, the attempt, and the code of an error. */
  @Column('jsonb', { default: {} })
  payload: { readonly from?: string; readonly to: string; readonly attempt?: number; readonly error_code?: string };

  @Column('timestamptz', { name: 'created_at', default: () => 'clock_timestamp()' })
  createdAt: Date;
}
