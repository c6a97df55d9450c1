import { type DynamicModule, Module } from '@nestjs/common';
import { RouterModule } from '@nestjs/core';
import { StorageRoomModule } from '#application';
import { API_TIME_LIMITS, type AppConfig } from '#config';
import {
  ApiProcessMetricsModule,
  type Logger,
  LoggingModule,
  MetricsModule,
  type MetricsSource,
  type Telemetry,
  TelemetryModule,
} from '#observability';
import { PersistenceModule, RenderStatistics, StorageUsageRepository } from '#persistence';
import { QueueModule } from '#queue';
import { StorageModule } from '#storage';
import { AssetsModule } from './assets/assets.module.js';
import { CatalogueModule } from './catalogue/catalogue.module.js';
import { FilesModule } from './files/files.module.js';
import { ApiHealthModule } from './health/api-health.module.js';
import { API_VERSION } from './http/api-version.js';
import { HttpModule } from './http/http.module.js';
import { RendersModule } from './renders/renders.module.js';

/** The features of the API, each in its folder; their routes are below `/v1`. */
const FEATURES = [RendersModule, AssetsModule, CatalogueModule];

/** Composition root of the API: receives, records, enqueues and reports; it never loads the render engine. */
@Module({})
export class ApiModule {
  static forRoot(config: AppConfig, logger: Logger, telemetry: Telemetry, metrics?: MetricsSource): DynamicModule {
    return {
      module: ApiModule,
      imports: [
        LoggingModule.forRoot(logger),
        TelemetryModule.forRoot(telemetry),
        HttpModule.forRoot(config),
        PersistenceModule.forRoot(config.database, API_TIME_LIMITS, 'api'),
        QueueModule.forProducer(config.queue, API_TIME_LIMITS),
        StorageModule.forRoot(config.storage, API_TIME_LIMITS),
        StorageRoomModule.forRoot(config.storage.limits),
        MetricsModule.forRoot(config.version, { statistics: RenderStatistics, usage: StorageUsageRepository }, metrics),
        ApiProcessMetricsModule,
        ApiHealthModule,
        ...FEATURES,
        RouterModule.register([{ path: API_VERSION, children: FEATURES }]),
        // The storage sets the path of its links.
        ...('filesystem' in config.storage ? [FilesModule] : []),
      ],
    };
  }
}
