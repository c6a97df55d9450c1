import { Injectable } from '@nestjs/common';
import { readStorageKey } from '#core';
import { DataSource } from 'typeorm';
import { mapDatabaseErrors } from '../database-errors.js';

/** What the rows know of stored objects. */
@Injectable()
export class ObjectReferences {
  constructor(private readonly dataSource: DataSource) {}

  /**
   * Those of the keys that no row needs: uploads without an asset, results without a render, files of attempts that do
   * not count. A key that is not of our making is never among them.
   */
  async findOrphanKeys(keys: readonly string[]): Promise<string[]> {
    const known = keys.flatMap((key) => {
      const parts = readStorageKey(key);
      return parts ? [{ key, ...parts }] : [];
    });
    const rows = await mapDatabaseErrors(() =>
      this.dataSource.query<{ key: string }[]>(
        `SELECT key
           FROM unnest($1::text[], $2::uuid[], $3::uuid[]) AS object (key, render_id, token)
           LEFT JOIN assets ON assets.minio_key = key
           LEFT JOIN renders ON renders.id = render_id
          WHERE (assets.id IS NULL OR assets.archived_at IS NOT NULL)
            AND (CASE
                   WHEN token IS NULL THEN
                     status IN ('queued', 'started', 'completed', 'archived')
                     AND key IN (output_minio_key, preview_minio_key)
                   ELSE status IN ('queued', 'started') AND token IN (lease_token, result_token)
                 END) IS NOT TRUE`,
        [
          known.map(({ key }) => key),
          known.map(({ renderId }) => renderId ?? null),
          known.map(({ token }) => token ?? null),
        ],
      ),
    );
    return rows.map(({ key }) => key);
  }
}
