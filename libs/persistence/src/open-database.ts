import type { DatabaseConfig, TimeLimits } from '#config';
import {
  type Catalogue,
  DependencyError,
  type LeaderLock,
  type ObjectReferences,
  type RenderArchive,
  type RenderOperations,
  type RenderStatistics,
  type RenderStore,
  type StorageUsageRecord,
} from '#core';
import { DataSource } from 'typeorm';
import { AdvisoryLeaderLock } from './advisory-leader-lock.js';
import { dataSourceOptions } from './data-source.js';
import { type PostgresInfo, readPostgresInfo, readRenderStats, type RenderStats } from './postgres-info.js';
import { TypeOrmCatalogue } from './typeorm-catalogue.js';
import { TypeOrmObjectReferences } from './typeorm-object-references.js';
import { TypeOrmRenderArchive } from './typeorm-render-archive.js';
import { TypeOrmRenderOperations } from './typeorm-render-operations.js';
import { TypeOrmRenderStatistics } from './typeorm-render-statistics.js';
import { TypeOrmRenderStore } from './typeorm-render-store.js';
import { TypeOrmStorageUsage } from './typeorm-storage-usage.js';

/** The ports on PostgreSQL, for a program without a framework. */
export interface OpenDatabase {
  readonly renders: RenderStore;
  readonly archive: RenderArchive;
  readonly operations: RenderOperations;
  readonly catalogue: Catalogue;
  readonly references: ObjectReferences;
  readonly leadership: LeaderLock;
  readonly statistics: RenderStatistics;
  readonly storageUsage: StorageUsageRecord;
  serverFacts(): Promise<PostgresInfo>;
  renderFacts(): Promise<RenderStats>;
  close(): Promise<void>;
}

/** @throws DependencyError when the database is away or refuses */
export async function openDatabase(config: DatabaseConfig, limits: TimeLimits): Promise<OpenDatabase> {
  const dataSource = new DataSource(dataSourceOptions({ ...config, pool: { min: 0, max: 3 } }, limits));
  try {
    await dataSource.initialize();
  } catch (error) {
    await dataSource.driver.disconnect().catch(() => undefined); // A pool that came to be would keep the process.
    throw new DependencyError('database_unavailable', 'Database is unavailable', { cause: error });
  }
  return {
    renders: new TypeOrmRenderStore(dataSource),
    archive: new TypeOrmRenderArchive(dataSource),
    operations: new TypeOrmRenderOperations(dataSource),
    catalogue: new TypeOrmCatalogue(dataSource),
    references: new TypeOrmObjectReferences(dataSource),
    leadership: new AdvisoryLeaderLock(dataSource),
    statistics: new TypeOrmRenderStatistics(dataSource),
    storageUsage: new TypeOrmStorageUsage(dataSource),
    serverFacts: () => readPostgresInfo(dataSource),
    renderFacts: () => readRenderStats(dataSource),
    close: () => dataSource.destroy(),
  };
}
