import { type DynamicModule, Module } from '@nestjs/common';
import type { DatabaseConfig, TimeLimits } from '#config';
import {
  Catalogue,
  DatabaseObserver,
  DatabaseProbe,
  LeaderLock,
  ObjectReferences,
  ReconcilerProgress,
  RenderArchive,
  RenderStatistics,
  RenderStore,
  StorageUsageRecord,
  SweepSchedule,
} from '#core';
import { DataSource } from 'typeorm';
import { AdvisoryLeaderLock } from './advisory-leader-lock.js';
import { dataSourceOptions, type ServiceRole } from './data-source.js';
import { DatabaseConnector } from './database-connector.js';
import { PostgresProbe } from './postgres-probe.js';
import { TypeOrmCatalogue } from './typeorm-catalogue.js';
import { TypeOrmObjectReferences } from './typeorm-object-references.js';
import { TypeOrmReconcilerProgress } from './typeorm-reconciler-progress.js';
import { TypeOrmRenderArchive } from './typeorm-render-archive.js';
import { TypeOrmRenderStatistics } from './typeorm-render-statistics.js';
import { TypeOrmRenderStore } from './typeorm-render-store.js';
import { TypeOrmStorageUsage } from './typeorm-storage-usage.js';
import { TypeOrmSweepSchedule } from './typeorm-sweep-schedule.js';

/** Provides the record of renders and the catalogue on PostgreSQL, which need not be up yet. */
@Module({})
export class PersistenceModule {
  static forRoot(config: DatabaseConfig, limits: TimeLimits, role: ServiceRole): DynamicModule {
    return {
      module: PersistenceModule,
      global: true,
      providers: [
        {
          provide: DataSource,
          inject: [{ token: DatabaseObserver, optional: true }],
          useFactory: (observer?: DatabaseObserver) =>
            new DataSource(dataSourceOptions(config, limits, observer, role)),
        },
        { provide: RenderStore, useClass: TypeOrmRenderStore },
        { provide: Catalogue, useClass: TypeOrmCatalogue },
        { provide: ObjectReferences, useClass: TypeOrmObjectReferences },
        { provide: ReconcilerProgress, useClass: TypeOrmReconcilerProgress },
        { provide: RenderArchive, useClass: TypeOrmRenderArchive },
        { provide: RenderStatistics, useClass: TypeOrmRenderStatistics },
        { provide: StorageUsageRecord, useClass: TypeOrmStorageUsage },
        { provide: SweepSchedule, useClass: TypeOrmSweepSchedule },
        { provide: LeaderLock, useClass: AdvisoryLeaderLock },
        { provide: DatabaseProbe, useClass: PostgresProbe },
        DatabaseConnector,
      ],
      exports: [
        RenderStore,
        Catalogue,
        ObjectReferences,
        ReconcilerProgress,
        RenderArchive,
        RenderStatistics,
        StorageUsageRecord,
        SweepSchedule,
        LeaderLock,
        DatabaseProbe,
      ],
    };
  }
}
