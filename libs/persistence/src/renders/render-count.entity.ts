import type { RenderStatus } from '#core';
import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';
import { bigintAsNumber } from '../column-transformers.js';

/** By how much the number of renders in a state has changed. Triggers write these; their sum is the number. */
@Entity('render_counts')
export class RenderCount {
  @PrimaryGeneratedColumn('identity', {
    type: 'bigint',
    generatedIdentity: 'ALWAYS',
    primaryKeyConstraintName: 'pk_render_counts',
  })
  id: string;

  @Column('varchar', { length: 20 })
  status: RenderStatus;

  @Column('bigint', { transformer: bigintAsNumber })
  change: number;
}
