import { Module } from '@nestjs/common';
import type { AppConfig } from '#config';
import { AssetsModule } from '../assets/assets.module.js';
import { APP_CONFIG } from '../http/app-config.js';
import { RendersController } from './renders.controller.js';
import { RendersService } from './renders.service.js';
import { SUBMISSION } from './submission.providers.js';
import { WAITING_LIMITS } from './waiting-room.guard.js';

/** Creates renders, follows them and links to their files. */
@Module({
  imports: [AssetsModule],
  controllers: [RendersController],
  providers: [
    { provide: WAITING_LIMITS, inject: [APP_CONFIG], useFactory: ({ api }: AppConfig) => api.waiting },
    ...SUBMISSION,
    RendersService,
  ],
})
export class RendersModule {}
