import { Check, Column, Entity, PrimaryColumn } from 'typeorm';
import { bigintAsNumber } from '../column-transformers.js';

/** The one row with the last measurement of the object store. */
@Entity('storage_usage')
@Check('chk_storage_usage_one_row', 'id = 1')
export class StorageUsage {
  @PrimaryColumn('smallint', { primaryKeyConstraintName: 'pk_storage_usage' })
  id: number;

  @Column('bigint', { transformer: bigintAsNumber })
  bytes: number;

  @Column('bigint', { transformer: bigintAsNumber })
  objects: number;

  @Column('timestamptz', { name: 'measured_at' })
  measuredAt: Date;
}
