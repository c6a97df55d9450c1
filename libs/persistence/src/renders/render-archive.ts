import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { mapDatabaseErrors } from '../database-errors.js';

/** Which renders are meant: completed before a moment, of one style (its slug) or of all. */
export interface RetentionFilter {
  readonly completedBefore: Date;
  readonly style?: string;
}

export interface ExpiredRender {
  readonly id: string;
  readonly completedAt: Date;
  /** Keys of its print, its preview and its photo, which other renders may still need. */
  readonly keys: readonly string[];
}

export interface RetentionSummary {
  readonly renders: number;
  /** Of prints and photos as recorded; previews are not counted. */
  readonly bytes: number;
}

/** A photo goes with the last render that may still need it. */
const PHOTO_OF_OTHERS = `EXISTS (SELECT 1 FROM renders other
   WHERE other.asset_id = renders.asset_id AND other.id <> renders.id AND other.status <> 'archived')`;

/** $1 is the moment, $2 the style or null. A render is created before it is completed, and that has an index. */
const OLD = `renders.status = 'completed' AND renders.created_at < $1 AND renders.completed_at < $1
   AND ($2::text IS NULL OR renders.style_id IN (SELECT id FROM styles WHERE slug = $2))`;

interface Row {
  readonly id: string;
  readonly completed_at: Date;
  readonly output_minio_key: string | null;
  readonly preview_minio_key: string | null;
  readonly photo_key: string | null;
}

/** The end of completed renders whose files are kept no longer. */
@Injectable()
export class RenderArchive {
  constructor(private readonly dataSource: DataSource) {}

  async sumUp({ completedBefore, style }: RetentionFilter): Promise<RetentionSummary> {
    const [row] = await mapDatabaseErrors(() =>
      this.dataSource.query<{ renders: string; bytes: string }[]>(
        `SELECT count(*) AS renders,
                coalesce(sum(coalesce((metadata #>> '{file,sizeBytes}')::bigint, 0)
                  + CASE WHEN assets.archived_at IS NOT NULL OR ${PHOTO_OF_OTHERS} THEN 0 ELSE file_size_bytes END), 0) AS bytes
           FROM renders JOIN assets ON assets.id = asset_id
          WHERE ${OLD}`,
        [completedBefore, style ?? null],
      ),
    );
    return { renders: Number(row.renders), bytes: Number(row.bytes) };
  }

  /** The next `limit` of them, oldest first. */
  async list({ completedBefore, style }: RetentionFilter, limit: number): Promise<ExpiredRender[]> {
    const rows = await mapDatabaseErrors(() =>
      this.dataSource.query<Row[]>(
        `SELECT renders.id, completed_at, output_minio_key, preview_minio_key,
                CASE WHEN assets.archived_at IS NULL THEN minio_key END AS photo_key
           FROM renders JOIN assets ON assets.id = asset_id
          WHERE ${OLD}
          ORDER BY renders.created_at, renders.id
          LIMIT $3`,
        [completedBefore, style ?? null, limit],
      ),
    );
    return rows.map((row) => ({
      id: row.id,
      completedAt: row.completed_at,
      keys: [row.output_minio_key, row.preview_minio_key, row.photo_key].filter((key) => key !== null),
    }));
  }

  /**
   * Declares the completed ones among these archived and forgets their files, in one transaction. From then on no
   * client gets a link to them, and no row refers to them: what is not removed now, the sweep removes.
   * @returns the keys forgotten
   */
  archive(ids: readonly string[]): Promise<string[]> {
    return mapDatabaseErrors(() =>
      this.dataSource.transaction(async (manager) => {
        const rows = await manager.query<(Omit<Row, 'photo_key'> & { asset_id: string })[]>(
          `SELECT id, asset_id, output_minio_key, preview_minio_key FROM renders
            WHERE id = ANY($1) AND status = 'completed' ORDER BY id FOR UPDATE`,
          [ids],
        );
        await manager.query(
          `UPDATE renders SET status = 'archived', archived_at = now(), updated_at = now(),
                  output_minio_key = NULL, preview_minio_key = NULL
            WHERE id = ANY($1)`,
          [rows.map(({ id }) => id)],
        );
        const [photos] = await manager.query<[{ minio_key: string }[], number]>(
          `UPDATE assets SET archived_at = now()
            WHERE id = ANY($1) AND archived_at IS NULL
              AND NOT EXISTS (SELECT 1 FROM renders WHERE asset_id = assets.id AND status <> 'archived')
            RETURNING minio_key`,
          [rows.map(({ asset_id }) => asset_id)],
        );
        const prints = rows.flatMap((row) => [row.output_minio_key, row.preview_minio_key]);
        return [...prints, ...photos.map((photo) => photo.minio_key)].filter((key) => key !== null);
      }),
    );
  }
}
