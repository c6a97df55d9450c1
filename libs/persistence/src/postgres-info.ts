import type { DataSource } from 'typeorm';
import type { RenderBacklog } from '#core';
import { mapDatabaseErrors } from './database-errors.js';
import { RenderStatistics } from './renders/render-statistics.js';

/** How the server is set up and how busy it is. Times in seconds. */
export interface PostgresInfo {
  /** Such as 150004 for 15.4. */
  readonly version: number;
  /** Connections that are not kept for the superuser. */
  readonly maxConnections: number;
  readonly connections: number;
  /** Of those, ours: other databases of the server may belong to other deployments. */
  readonly ownConnections: number;
  /** Services of ours that are connected now, by the names of their connections. */
  readonly processes: { readonly api: number; readonly workers: number };
  readonly idleInTransaction: number;
  readonly longestTransactionSeconds: number;
  /** What its clock is ahead of this machine's. */
  readonly clockAheadSeconds: number;
}

/** The work in progress, by the rows. */
export interface RenderStats extends RenderBacklog {
  readonly failedLastDay: number;
}

export async function readPostgresInfo(dataSource: DataSource): Promise<PostgresInfo> {
  const asked = Date.now();
  // Of other users' connections a plain user sees the database, but not what they are.
  const ours = "datname = current_database() AND application_name LIKE 'pop-render";
  const [row] = await mapDatabaseErrors(() =>
    dataSource.query<Record<string, string>[]>(
      `SELECT current_setting('server_version_num') AS version,
              current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int AS most,
              count(*) AS connections,
              count(*) FILTER (WHERE ${ours}%') AS own,
              count(DISTINCT (application_name, client_addr)) FILTER (WHERE ${ours} api %') AS api,
              count(DISTINCT (application_name, client_addr)) FILTER (WHERE ${ours} worker %') AS workers,
              count(*) FILTER (WHERE state LIKE 'idle in transaction%' AND state_change < now() - interval '1 minute') AS idle,
              coalesce(extract(epoch FROM max(now() - xact_start)), 0) AS longest,
              extract(epoch FROM clock_timestamp()) * 1000 AS clock
         FROM pg_stat_activity
        WHERE datid IS NOT NULL AND coalesce(backend_type, 'client backend') = 'client backend'`,
    ),
  );
  return {
    version: Number(row.version),
    maxConnections: Number(row.most),
    connections: Number(row.connections),
    ownConnections: Number(row.own),
    processes: { api: Number(row.api), workers: Number(row.workers) },
    idleInTransaction: Number(row.idle),
    longestTransactionSeconds: Number(row.longest),
    clockAheadSeconds: (Number(row.clock) - (asked + Date.now()) / 2) / 1000,
  };
}

export async function readRenderStats(dataSource: DataSource): Promise<RenderStats> {
  const backlog = await new RenderStatistics(dataSource).backlog();
  const [{ failed }] = await mapDatabaseErrors(() =>
    dataSource.query<{ failed: string }[]>(
      `SELECT count(*) AS failed FROM renders WHERE status = 'failed' AND completed_at > now() - interval '1 day'`,
    ),
  );
  return { ...backlog, failedLastDay: Number(failed) };
}
