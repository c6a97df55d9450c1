import { type DynamicModule, Module } from '@nestjs/common';
import { APP_FILTER, APP_INTERCEPTOR, APP_PIPE } from '@nestjs/core';
import type { AppConfig } from '#config';
import { HttpMetricsModule } from '#observability';
import { ClsModule } from 'nestjs-cls';
import { APP_CONFIG, HTTP_CONFIG } from './app-config.js';
import { ConnectionDrainer } from './connection-drainer.js';
import { ErrorFilter } from './error.filter.js';
import { JsonBodyInterceptor } from './json-body.interceptor.js';
import { RequestContext } from './request-context.js';
import { RequestValidationPipe } from './validation.js';

/**
 * What every route shares. A request passes, in this order:
 * 1. the rules of its listener, before Express, where there is no room for its connection (http-server.ts),
 * 2. the middleware of http-app.ts: what Nest begins too late for, since unknown routes and bodies that are not read have it too,
 * 3. guards, the route's own in their order (APP_GUARD providers would come before them),
 * 4. interceptors: APP_INTERCEPTOR, which reads JSON bodies, then the route's own, which receive its form,
 * 5. pipes: those of the parameter, then APP_PIPE,
 * 6. its handler; whatever was thrown since 2 is answered by APP_FILTER.
 */
@Module({})
export class HttpModule {
  static forRoot(config: AppConfig): DynamicModule {
    return {
      module: HttpModule,
      global: true,
      // The context begins in our own middleware, before that of any module.
      imports: [ClsModule.forRoot({ global: true, middleware: { mount: false } }), HttpMetricsModule],
      providers: [
        { provide: APP_CONFIG, useValue: config },
        { provide: HTTP_CONFIG, useValue: config.api.http },
        { provide: APP_INTERCEPTOR, useClass: JsonBodyInterceptor },
        { provide: APP_PIPE, useClass: RequestValidationPipe },
        { provide: APP_FILTER, useClass: ErrorFilter },
        ConnectionDrainer,
        RequestContext,
      ],
      exports: [APP_CONFIG, HTTP_CONFIG, ConnectionDrainer, RequestContext],
    };
  }
}
