import { Injectable } from '@nestjs/common';
import { type PrintVolume, type RenderBacklog, type RenderStatus } from '#core';
import { DataSource } from 'typeorm';
import { OLDEST_QUEUED_SECONDS } from './backlog-age.js';
import { mapDatabaseErrors } from '../database-errors.js';
import { RENDER_COUNTS, type RenderCountRow, toCounts } from './render-counts.js';

/** Queued renders whose prints are added up one by one, so that it costs the same for any number. */
const MOST_ADDED_UP = 5_000;
/** Entries of the counts that are merged by one statement. */
const MERGED_AT_ONCE = 20_000;

/** SQL for a part of a statement: the pixels of a print of each size. */
const SIZES = `sizes AS (
           SELECT id, round(width_inches * dpi) * round(height_inches * dpi) AS pixels FROM size_presets)`;

const MOST_CLIENTS = 1_000;
const UNFINISHED = "status IN ('queued', 'started')";
/** SQL for the number of clients, up to a limit: from each it goes straight on to the next one in the index by client. */
const CLIENTS = `(
  WITH RECURSIVE clients AS (
    SELECT min(coalesce(client, '')) AS client FROM renders WHERE ${UNFINISHED}
    UNION ALL
    SELECT (SELECT min(coalesce(r.client, '')) FROM renders r
             WHERE r.${UNFINISHED} AND coalesce(r.client, '') > clients.client)
      FROM clients WHERE client IS NOT NULL)
  SELECT count(client)::integer FROM (SELECT client FROM clients LIMIT ${MOST_CLIENTS}) counted)`;

/** Figures over all renders of the deployment. They are kept up to date by the database: reading them costs the same for any number. */
@Injectable()
export class RenderStatistics {
  constructor(private readonly dataSource: DataSource) {}

  /** Reads the kept counts and the ends of two indexes, no rows in between; ages are by the clock of the database. */
  async backlog(): Promise<RenderBacklog> {
    const [{ counts, clients, stuck, oldest }] = await mapDatabaseErrors(() =>
      this.dataSource.query<{ counts: RenderCountRow[] | null; clients: number; stuck: number; oldest: number }[]>(
        `SELECT (SELECT json_agg(counted) FROM (${RENDER_COUNTS}) counted) AS counts,
                ${CLIENTS} AS clients,
                (SELECT count(*)::integer FROM renders
                  WHERE status = 'started' AND lease_until < now() - interval '1 minute') AS stuck,
                ${OLDEST_QUEUED_SECONDS} AS oldest`,
      ),
    );
    const { queued, started } = toCounts(counts ?? []);
    return { queued, started, clients, stuck, oldestQueuedSeconds: oldest };
  }

  /**
   * How large the prints of the queued and the started renders will be. Of very many queued ones those beyond a limit count
   * as prints of the largest size.
   */
  async outstanding(): Promise<Record<'queued' | 'started', PrintVolume>> {
    const [row] = await mapDatabaseErrors(() =>
      this.dataSource.query<Record<'queued' | 'started' | 'largest' | 'all_queued', string>[]>(
        `WITH ${SIZES},
         queued AS (
           SELECT pixels FROM renders JOIN sizes ON sizes.id = size_preset_id
            WHERE status = 'queued' LIMIT ${MOST_ADDED_UP}),
         started AS (
           SELECT pixels FROM renders JOIN sizes ON sizes.id = size_preset_id WHERE status = 'started')
         SELECT (SELECT json_build_array(count(*), coalesce(sum(pixels), 0)) FROM queued) AS queued,
                (SELECT json_build_array(count(*), coalesce(sum(pixels), 0)) FROM started) AS started,
                (SELECT coalesce(max(pixels), 0) FROM sizes) AS largest,
                (SELECT coalesce(sum(change), 0) FROM render_counts WHERE status = 'queued') AS all_queued`,
      ),
    );
    const [queued, started] = [row.queued, row.started].map((pair) => {
      const [renders, pixels] = pair as unknown as [number, number];
      return { renders, pixels };
    });
    // The counts may be a little behind or ahead of the rows.
    const others = queued.renders < MOST_ADDED_UP ? 0 : Math.max(0, Number(row.all_queued) - MOST_ADDED_UP);
    const pixels = queued.pixels + others * Number(row.largest);
    return { queued: { renders: queued.renders + others, pixels }, started };
  }

  /** The same of one client, queued and started together. @param client as it was recorded with its renders */
  async outstandingOf(client: string): Promise<PrintVolume> {
    const [{ renders, pixels }] = await mapDatabaseErrors(() =>
      this.dataSource.query<{ renders: number; pixels: string }[]>(
        `WITH ${SIZES},
         own AS (
           SELECT pixels FROM renders JOIN sizes ON sizes.id = size_preset_id
            WHERE ${UNFINISHED} AND coalesce(client, '') = $1 LIMIT ${MOST_ADDED_UP})
         SELECT count(*)::integer AS renders, coalesce(sum(pixels), 0) AS pixels FROM own`,
        [client],
      ),
    );
    return { renders, pixels: Number(pixels) };
  }

  /** Merges what the counts are kept in, so that reading them stays cheap. Any number of processes may do so at once. */
  async compactCounts(): Promise<void> {
    await mapDatabaseErrors(() =>
      // Any concurrent transaction that does so has locked other entries; a sum is the same however it is split.
      this.dataSource.query(
        `WITH merged AS (
           DELETE FROM render_counts
            WHERE id IN (SELECT id FROM render_counts ORDER BY id LIMIT ${MERGED_AT_ONCE} FOR UPDATE SKIP LOCKED)
           RETURNING status, change)
         INSERT INTO render_counts (status, change)
         SELECT status, sum(change) FROM merged GROUP BY status HAVING sum(change) <> 0`,
      ),
    );
  }

  /** Counts the rows themselves and corrects the counts. One process at a time. @returns the states whose count was wrong */
  async recount(): Promise<RenderStatus[]> {
    const rows = await mapDatabaseErrors(() =>
      this.dataSource.query<{ status: RenderStatus }[]>(
        `INSERT INTO render_counts (status, change)
         SELECT status, sum(renders)
           FROM (SELECT status, count(*) AS renders FROM renders GROUP BY status
                 UNION ALL SELECT status, -sum(change) FROM render_counts GROUP BY status) counted
          GROUP BY status HAVING sum(renders) <> 0
         RETURNING status`,
      ),
    );
    return rows.map(({ status }) => status);
  }
}
