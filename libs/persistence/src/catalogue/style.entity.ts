import { Column, CreateDateColumn, Entity, PrimaryColumn, Unique } from 'typeorm';

/** A rendering style and the settings its pipeline runs with. */
@Entity('styles')
@Unique('uq_styles_slug', ['slug'])
export class Style {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'pk_styles' })
  id: string;

  @Column('varchar', { length: 100 })
  name: string;

  @Column('varchar', { length: 100 })
  slug: string;

  @Column('jsonb', { name: 'algorithm_config', default: {} })
  algorithmConfig: Record<string, unknown>;

  @Column('text', { nullable: true })
  description: string | null;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;
}
