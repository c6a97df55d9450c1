import { Module } from '@nestjs/common';
import type { AppConfig } from '#config';
import { PhotoInspector } from '#core';
import { ChildProcessMetricsModule, InspectionMetricsModule, UploadMetricsModule } from '#observability';
import { APP_CONFIG } from '../http/app-config.js';
import {
  INSPECTION_LIMITS,
  type InspectionLimits,
  IsolatedPhotoInspector,
} from './inspection/isolated-photo-inspector.js';
import { UploadFolder } from './upload/upload-folder.js';

/** Receives photos and proves that they can be printed. */
@Module({
  imports: [ChildProcessMetricsModule, InspectionMetricsModule, UploadMetricsModule],
  providers: [
    {
      provide: INSPECTION_LIMITS,
      inject: [APP_CONFIG],
      useFactory: ({ api, sandbox }: AppConfig): InspectionLimits => ({ ...api.inspection, sandbox }),
    },
    { provide: PhotoInspector, useClass: IsolatedPhotoInspector },
    UploadFolder,
  ],
  exports: [PhotoInspector, UploadFolder, UploadMetricsModule],
})
export class AssetsModule {}
