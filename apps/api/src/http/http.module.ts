import { type DynamicModule, Module } from '@nestjs/common';
import type { AppConfig } from '#config';
import { APP_CONFIG, HTTP_CONFIG } from './app-config.js';
import { ConnectionDrainer } from './connection-drainer.js';

/** What every route shares: settings, open connections. */
@Module({})
export class HttpModule {
  static forRoot(config: AppConfig): DynamicModule {
    return {
      module: HttpModule,
      global: true,
      providers: [
        { provide: APP_CONFIG, useValue: config },
        { provide: HTTP_CONFIG, useValue: config.api.http },
        ConnectionDrainer,
      ],
      exports: [APP_CONFIG, HTTP_CONFIG, ConnectionDrainer],
    };
  }
}
