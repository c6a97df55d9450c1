import type { FactoryProvider } from '@nestjs/common';
import { StorageAdmission, SubmitRender, UploadCleanup } from '#application';
import type { AppConfig } from '#config';
import { ObjectStore, PhotoInspector, RenderQueue, StorageRoom } from '#core';
import { LOGGER, type Logger, Telemetry } from '#observability';
import { Catalogue, RenderRepository } from '#persistence';
import { APP_CONFIG } from '../http/app-config.js';

/** The use case of submitting a render, which knows nothing of Nest, with the services of this process. */
export const SUBMISSION: FactoryProvider[] = [
  {
    provide: StorageAdmission,
    inject: [StorageRoom],
    useFactory: (room: StorageRoom) => new StorageAdmission(room),
  },
  {
    provide: UploadCleanup,
    inject: [ObjectStore, RenderRepository, LOGGER],
    useFactory: (objects: ObjectStore, renders: RenderRepository, logger: Logger) =>
      new UploadCleanup(objects, renders, logger),
  },
  {
    provide: SubmitRender,
    inject: [
      Catalogue,
      ObjectStore,
      RenderRepository,
      RenderQueue,
      PhotoInspector,
      StorageAdmission,
      UploadCleanup,
      APP_CONFIG,
      Telemetry,
      LOGGER,
    ],
    useFactory: (
      catalogue: Catalogue,
      objects: ObjectStore,
      renders: RenderRepository,
      queue: RenderQueue,
      inspector: PhotoInspector,
      admission: StorageAdmission,
      cleanup: UploadCleanup,
      { api }: AppConfig,
      telemetry: Telemetry,
      logger: Logger,
    ) => {
      const { waiting } = api;
      return new SubmitRender({
        catalogue,
        objects,
        renders,
        queue,
        inspector,
        admission,
        cleanup,
        waiting,
        telemetry,
        logger,
      });
    },
  },
];
