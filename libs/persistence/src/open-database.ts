import type { DatabaseConfig, TimeLimits } from '#config';
import { DependencyError } from '#core';
import { DataSource } from 'typeorm';
import { LeaderLock } from './maintenance/leader-lock.js';
import { dataSourceOptions } from './data-source.js';
import { type PostgresInfo, readPostgresInfo, readRenderStats, type RenderStats } from './postgres-info.js';
import { Catalogue } from './catalogue/catalogue.js';
import { ObjectReferences } from './assets/object-references.js';
import { RenderArchive } from './renders/render-archive.js';
import { RenderOperations } from './renders/render-operations.js';
import { RenderStatistics } from './renders/render-statistics.js';
import { RenderRepository } from './renders/render-repository.js';
import { StorageUsageRepository } from './maintenance/storage-usage-repository.js';

/** The repositories, for a program without a framework. */
export interface OpenDatabase {
  readonly renders: RenderRepository;
  readonly archive: RenderArchive;
  readonly operations: RenderOperations;
  readonly catalogue: Catalogue;
  readonly references: ObjectReferences;
  readonly leadership: LeaderLock;
  readonly statistics: RenderStatistics;
  readonly storageUsage: StorageUsageRepository;
  serverInfo(): Promise<PostgresInfo>;
  renderStats(): Promise<RenderStats>;
  close(): Promise<void>;
}

/** @throws DependencyError when the database is unavailable or refuses */
export async function openDatabase(config: DatabaseConfig, limits: TimeLimits): Promise<OpenDatabase> {
  const dataSource = new DataSource(dataSourceOptions({ ...config, pool: { min: 0, max: 3 } }, limits));
  try {
    await dataSource.initialize();
  } catch (error) {
    await dataSource.driver.disconnect().catch(() => undefined); // A pool that came to be would keep the process.
    throw new DependencyError('database_unavailable', 'Database is unavailable', { cause: error });
  }
  return {
    renders: new RenderRepository(dataSource),
    archive: new RenderArchive(dataSource),
    operations: new RenderOperations(dataSource),
    catalogue: new Catalogue(dataSource),
    references: new ObjectReferences(dataSource),
    leadership: new LeaderLock(dataSource),
    statistics: new RenderStatistics(dataSource),
    storageUsage: new StorageUsageRepository(dataSource),
    serverInfo: () => readPostgresInfo(dataSource),
    renderStats: () => readRenderStats(dataSource),
    close: () => dataSource.destroy(),
  };
}
