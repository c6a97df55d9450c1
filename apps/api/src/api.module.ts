import { type DynamicModule, Module } from '@nestjs/common';
import { API_TIME_LIMITS, type AppConfig } from '#config';
import { DatabaseProbe, ObjectStore, PhotoInspector, RenderQueue } from '#core';
import { type HealthCheck, HealthModule } from '#health';
import {
  ApiProcessMetricsModule,
  ChildProcessMetricsModule,
  HttpMetricsModule,
  InspectionMetricsModule,
  type Logger,
  LoggingModule,
  MetricsModule,
  type MetricsSource,
  SERVICE,
  type Telemetry,
  TelemetryModule,
  UploadMetricsModule,
} from '#observability';
import { PersistenceModule } from '#persistence';
import { QueueModule } from '#queue';
import { StorageModule } from '#storage';
import { CatalogueController } from './catalogue/catalogue.controller.js';
import { SignedObjectsController } from './objects/signed-objects.controller.js';
import { HTTP_CONFIG } from './http/http-config.js';
import { ConnectionDrainer } from './http/connection-drainer.js';
import { INSPECTION_LIMITS, IsolatedPhotoInspector } from './renders/isolated-photo-inspector.js';
import { PhotoUploadInterceptor } from './renders/photo-upload.interceptor.js';
import { RenderQueries } from './renders/render-queries.service.js';
import { RendersController } from './renders/renders.controller.js';
import { StorageAdmission } from './renders/storage-admission.js';
import { SubmitRender } from './renders/submit-render.service.js';
import { UploadCleanup } from './renders/upload-cleanup.js';
import { UploadFolder } from './renders/upload-folder.js';
import { UploadRateGuard } from './renders/upload-rate.guard.js';
import { WAITING_LIMITS, WaitingRoomGuard } from './renders/waiting-room.guard.js';

/** Composition root of the API: receives, records, enqueues and reports; it never loads the render engine. */
@Module({})
export class ApiModule {
  static forRoot(config: AppConfig, logger: Logger, telemetry: Telemetry, metrics?: MetricsSource): DynamicModule {
    const requests = new ConnectionDrainer();
    return {
      module: ApiModule,
      imports: [
        LoggingModule.forRoot(logger),
        TelemetryModule.forRoot(telemetry),
        PersistenceModule.forRoot(config.database, API_TIME_LIMITS, 'api'),
        QueueModule.forProducer(config.queue, API_TIME_LIMITS),
        StorageModule.forRoot(config.storage, API_TIME_LIMITS),
        MetricsModule.forRoot(config.version, metrics),
        ...[ApiProcessMetricsModule, HttpMetricsModule, UploadMetricsModule],
        ...[InspectionMetricsModule, ChildProcessMetricsModule],
        HealthModule.forRoot({
          inject: [DatabaseProbe, RenderQueue, ObjectStore],
          useFactory: (database: DatabaseProbe, queue: RenderQueue, objects: ObjectStore) => ({
            service: SERVICE,
            version: config.version,
            checks: dependencyChecks(config, database, queue, objects),
            stopping: () => requests.draining,
          }),
        }),
      ],
      controllers: [
        RendersController,
        CatalogueController,
        ...(config.storage.backend === 'filesystem' ? [SignedObjectsController] : []),
      ],
      providers: [
        { provide: ConnectionDrainer, useValue: requests },
        { provide: HTTP_CONFIG, useValue: config.api.http },
        { provide: INSPECTION_LIMITS, useValue: { ...config.api.inspection, sandbox: config.sandbox } },
        { provide: PhotoInspector, useClass: IsolatedPhotoInspector },
        { provide: WAITING_LIMITS, useValue: config.api.waiting },
        UploadRateGuard,
        WaitingRoomGuard,
        UploadFolder,
        PhotoUploadInterceptor,
        StorageAdmission,
        SubmitRender,
        UploadCleanup,
        RenderQueries,
      ],
    };
  }
}

function dependencyChecks(
  config: AppConfig,
  database: DatabaseProbe,
  queue: RenderQueue,
  objects: ObjectStore,
): HealthCheck[] {
  const backend = config.queue.backend;
  return [
    { name: 'database', dependency: 'database', critical: true, check: () => database.ping() },
    {
      name: 'redis',
      dependency: backend === 'redis' ? 'redis' : undefined,
      critical: false,
      // On PostgreSQL there is no Redis to ask: the database check covers it.
      check: async () => (backend === 'redis' ? queue.ping() : { backend }),
    },
    { name: 'storage', dependency: 'storage', critical: false, check: () => objects.ping() },
    { name: 'queue', critical: false, check: async () => ({ ...(await queue.counts()) }) },
  ];
}
