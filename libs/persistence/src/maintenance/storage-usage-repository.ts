import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { mapDatabaseErrors } from '../database-errors.js';
import { StorageUsage } from './storage-usage.entity.js';

/** The last measurement of what is stored: to measure means to list everything, so few do it and all read the result. */
@Injectable()
export class StorageUsageRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** Replaces the former measurement; the time is the database's own. */
  async record({ bytes, objects }: Pick<StorageUsage, 'bytes' | 'objects'>): Promise<void> {
    await mapDatabaseErrors(() =>
      this.dataSource.query(
        `INSERT INTO storage_usage (id, bytes, objects, measured_at) VALUES (1, $1, $2, now())
         ON CONFLICT (id) DO UPDATE SET bytes = $1, objects = $2, measured_at = now()`,
        [bytes, objects],
      ),
    );
  }

  /**
   * Bytes that are stored now: the last measurement, and the photos and prints that were recorded since. What was removed
   * since is still counted.
   */
  async estimate(): Promise<number> {
    const [{ bytes }] = await mapDatabaseErrors(() =>
      this.dataSource.query<{ bytes: string }[]>(
        `WITH measured AS (
           SELECT coalesce(max(bytes), 0) AS bytes, coalesce(max(measured_at), '-infinity') AS at FROM storage_usage)
         SELECT measured.bytes
              + coalesce((SELECT sum((metadata #>> '{file,sizeBytes}')::bigint) FROM renders
                           WHERE status = 'completed' AND completed_at > measured.at), 0)
              + coalesce((SELECT sum(file_size_bytes) FROM assets
                           WHERE created_at > measured.at
                             AND id IN (SELECT asset_id FROM renders WHERE renders.created_at > measured.at)), 0) AS bytes
           FROM measured`,
      ),
    );
    return Number(bytes);
  }

  /** Null before the first. */
  last(): Promise<StorageUsage | null> {
    return mapDatabaseErrors(() => this.dataSource.getRepository(StorageUsage).findOneBy({ id: 1 }));
  }
}
