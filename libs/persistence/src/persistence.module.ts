import { type DynamicModule, Module } from '@nestjs/common';
import type { DatabaseConfig, TimeLimits } from '#config';
import { DatabaseObserver } from '#core';
import { DataSource } from 'typeorm';
import { dataSourceOptions, type ServiceRole } from './data-source.js';
import { DatabaseConnector } from './database-connector.js';
import { DatabaseProbe } from './database-probe.js';
import { REPOSITORIES } from './tables.js';

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
        ...REPOSITORIES,
        DatabaseProbe,
        DatabaseConnector,
      ],
      exports: [...REPOSITORIES, DatabaseProbe],
    };
  }
}
