import { Column, CreateDateColumn, Entity, JoinColumn, ManyToOne, PrimaryColumn, type Relation, Unique } from 'typeorm';
import { bigintAsNumber } from '../column-transformers.js';
import { Owner, SYSTEM_OWNER_ID } from '../owners/owner.entity.js';

/** An uploaded photo and where it is stored. */
@Entity('assets')
@Unique('uq_assets_minio_key', ['objectKey'])
export class Asset {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'pk_assets' })
  id: string;

  @Column('uuid', { name: 'owner_id', default: SYSTEM_OWNER_ID })
  ownerId: string;

  @ManyToOne(() => Owner, { nullable: false })
  @JoinColumn({ name: 'owner_id', foreignKeyConstraintName: 'fk_assets_owner' })
  owner: Relation<Owner>;

  @Column('varchar', { length: 255 })
  filename: string;

  @Column('varchar', { name: 'minio_key', length: 512 })
  objectKey: string;

  @Column('varchar', { length: 50 })
  format: string;

  @Column('integer', { name: 'width_px' })
  widthPx: number;

  @Column('integer', { name: 'height_px' })
  heightPx: number;

  @Column('bigint', { name: 'file_size_bytes', transformer: bigintAsNumber })
  fileSizeBytes: number;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;

  /** When its photo was given up with the last render of it. */
  @Column('timestamptz', { name: 'archived_at', nullable: true })
  archivedAt: Date | null;
}

/** A photo that is stored and about to be recorded. */
export type NewAsset = Readonly<
  Pick<Asset, 'id' | 'filename' | 'objectKey' | 'format' | 'widthPx' | 'heightPx' | 'fileSizeBytes'>
>;
