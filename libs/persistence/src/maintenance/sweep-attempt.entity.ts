import { Check, Column, Entity, PrimaryColumn } from 'typeorm';

/** The one row about the attempts to sweep the object store since the last that succeeded; none when there was none. */
@Entity('sweep_attempts')
@Check('chk_sweep_attempts_one_row', 'id = 1')
export class SweepAttempt {
  @PrimaryColumn('smallint', { primaryKeyConstraintName: 'pk_sweep_attempts' })
  id: number;

  /** Attempts in a row. */
  @Column('integer')
  attempts: number;

  @Column('timestamptz', { name: 'not_before' })
  notBefore: Date;
}
