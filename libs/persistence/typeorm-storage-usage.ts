import { Injectable } from '@nestjs/common';
import { type StorageUsage, StorageUsageRecord } from '#core';
import { DataSource } from 'typeorm';
import { guarded } from './database-errors.js';
import { StorageUsageEntity } from './entities/storage-usage.entity.js';

@Injectable()
export class TypeOrmStorageUsage extends StorageUsageRecord {
  constructor(private readonly dataSource: DataSource) {
    super();
  }

  async record({ bytes, objects }: Pick<StorageUsage, 'bytes' | 'objects'>): Promise<void> {
    await guarded(() =>
      this.dataSource.query(
        `INSERT INTO storage_usage (id, bytes, objects, measured_at) VALUES (1, $1, $2, now())
         ON CONFLICT (id) DO UPDATE SET bytes = $1, objects = $2, measured_at = now()`,
        [bytes, objects],
      ),
    );
  }

  async last(): Promise<StorageUsage | null> {
    const row = await guarded(() => this.dataSource.getRepository(StorageUsageEntity).findOneBy({ id: 1 }));
    return row && { bytes: row.bytes, objects: row.objects, measuredAt: row.measuredAt };
  }
}
