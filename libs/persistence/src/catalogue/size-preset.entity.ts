import { Column, CreateDateColumn, Entity, PrimaryColumn } from 'typeorm';
import { numericAsNumber } from '../column-transformers.js';

/** A print size on offer. */
@Entity('size_presets')
export class SizePreset {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'pk_size_presets' })
  id: string;

  @Column('varchar', { length: 100 })
  name: string;

  @Column('numeric', { name: 'width_inches', precision: 6, scale: 2, transformer: numericAsNumber })
  widthInches: number;

  @Column('numeric', { name: 'height_inches', precision: 6, scale: 2, transformer: numericAsNumber })
  heightInches: number;

  @Column('integer', { default: 300 })
  dpi: number;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;
}
