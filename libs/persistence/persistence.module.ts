import { type DynamicModule, Injectable, Module, type OnApplicationShutdown } from '@nestjs/common';
import type { DatabaseConfig } from '#config';
import { Catalogue, DatabaseProbe, Leadership, ObjectReferences, RenderStore } from '#core';
import { DataSource } from 'typeorm';
import { AdvisoryLeadership } from './advisory-leadership.js';
import { dataSourceOptions } from './data-source.js';
import { guarded } from './database-errors.js';
import { TypeOrmCatalogue } from './typeorm-catalogue.js';
import { TypeOrmObjectReferences } from './typeorm-object-references.js';
import { TypeOrmRenderStore } from './typeorm-render-store.js';

@Injectable()
class DataSourceLifecycle implements OnApplicationShutdown {
  constructor(private readonly dataSource: DataSource) {}

  async onApplicationShutdown(): Promise<void> {
    if (this.dataSource.isInitialized) await this.dataSource.destroy();
  }
}

@Injectable()
class PostgresProbe extends DatabaseProbe {
  constructor(private readonly dataSource: DataSource) {
    super();
  }

  async ping(): Promise<void> {
    await guarded(() => this.dataSource.query('SELECT 1'));
  }
}

/** Provides the record of renders and the catalogue on PostgreSQL. */
@Module({})
export class PersistenceModule {
  static forRoot(config: DatabaseConfig): DynamicModule {
    return {
      module: PersistenceModule,
      global: true,
      providers: [
        {
          provide: DataSource,
          useFactory: () => guarded(() => new DataSource(dataSourceOptions(config)).initialize()),
        },
        { provide: RenderStore, useClass: TypeOrmRenderStore },
        { provide: Catalogue, useClass: TypeOrmCatalogue },
        { provide: ObjectReferences, useClass: TypeOrmObjectReferences },
        { provide: Leadership, useClass: AdvisoryLeadership },
        { provide: DatabaseProbe, useClass: PostgresProbe },
        DataSourceLifecycle,
      ],
      exports: [RenderStore, Catalogue, ObjectReferences, Leadership, DatabaseProbe],
    };
  }
}
