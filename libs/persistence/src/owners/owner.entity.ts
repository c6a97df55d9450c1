import { Column, CreateDateColumn, Entity, PrimaryColumn } from 'typeorm';

/** Who owns what has no other owner: all assets and renders until there are accounts. Seeded by a migration, the same everywhere. */
export const SYSTEM_OWNER_ID = '0b1f5c52-6d0c-4a5e-9c1e-5f2d3a7e8b90';

/** Whose assets and renders are. Accounts will refer to these rows, the first of them to the system owner. */
@Entity('owners')
export class Owner {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'pk_owners' })
  id: string;

  @Column('varchar', { length: 100 })
  name: string;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;
}
