import { type DynamicModule, Module } from '@nestjs/common';
import type { DatabaseConfig, TimeLimits } from '#config';
import { Catalogue, DatabaseProbe, Leadership, ObjectReferences, RenderStore } from '#core';
import { DataSource } from 'typeorm';
import { AdvisoryLeadership } from './advisory-leadership.js';
import { dataSourceOptions } from './data-source.js';
import { DatabaseConnector } from './database-connector.js';
import { PostgresProbe } from './postgres-probe.js';
import { TypeOrmCatalogue } from './typeorm-catalogue.js';
import { TypeOrmObjectReferences } from './typeorm-object-references.js';
import { TypeOrmRenderStore } from './typeorm-render-store.js';

/** Provides the record of renders and the catalogue on PostgreSQL, which need not be up yet. */
@Module({})
export class PersistenceModule {
  static forRoot(config: DatabaseConfig, limits: TimeLimits): DynamicModule {
    return {
      module: PersistenceModule,
      global: true,
      providers: [
        { provide: DataSource, useFactory: () => new DataSource(dataSourceOptions(config, limits)) },
        { provide: RenderStore, useClass: TypeOrmRenderStore },
        { provide: Catalogue, useClass: TypeOrmCatalogue },
        { provide: ObjectReferences, useClass: TypeOrmObjectReferences },
        { provide: Leadership, useClass: AdvisoryLeadership },
        { provide: DatabaseProbe, useClass: PostgresProbe },
        DatabaseConnector,
      ],
      exports: [RenderStore, Catalogue, ObjectReferences, Leadership, DatabaseProbe],
    };
  }
}
