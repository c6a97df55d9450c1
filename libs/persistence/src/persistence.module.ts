import { type DynamicModule, Module } from '@nestjs/common';
import type { DatabaseConfig, TimeLimits } from '#config';
import { DatabaseObserver } from '#core';
import { DataSource } from 'typeorm';
import { dataSourceOptions, type ServiceRole } from './data-source.js';
import { DatabaseConnector } from './database-connector.js';
import { Catalogue } from './catalogue/catalogue.js';
import { DatabaseProbe } from './database-probe.js';
import { LeaderLock } from './maintenance/leader-lock.js';
import { ObjectReferences } from './assets/object-references.js';
import { ReconcilerProgressRepository } from './maintenance/reconciler-progress-repository.js';
import { RenderArchive } from './renders/render-archive.js';
import { RenderStatistics } from './renders/render-statistics.js';
import { RenderRepository } from './renders/render-repository.js';
import { StorageUsageRepository } from './maintenance/storage-usage-repository.js';
import { SweepSchedule } from './maintenance/sweep-schedule.js';

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
        RenderRepository,
        Catalogue,
        ObjectReferences,
        ReconcilerProgressRepository,
        RenderArchive,
        RenderStatistics,
        StorageUsageRepository,
        SweepSchedule,
        LeaderLock,
        DatabaseProbe,
        DatabaseConnector,
      ],
      exports: [
        RenderRepository,
        Catalogue,
        ObjectReferences,
        ReconcilerProgressRepository,
        RenderArchive,
        RenderStatistics,
        StorageUsageRepository,
        SweepSchedule,
        LeaderLock,
        DatabaseProbe,
      ],
    };
  }
}
