import 'reflect-metadata';
import { type DynamicModule, type INestApplication, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { createLogger, Telemetry } from '#observability';
import { FilesystemObjectStore, SignedLinks } from '#storage';
import { ClsServiceManager } from 'nestjs-cls';
import { ErrorFilter } from '../../apps/api/src/http/error.filter.js';
import { ConnectionDrainer } from '../../apps/api/src/http/connection-drainer.js';
import { beginContext, RequestContext } from '../../apps/api/src/http/request-context.js';
import { FilesController } from '../../apps/api/src/files/files.controller.js';

@Module({})
class SignedObjectsModule {
  static forRoot(store: FilesystemObjectStore, links: SignedLinks): DynamicModule {
    return {
      module: SignedObjectsModule,
      controllers: [FilesController],
      providers: [
        { provide: FilesystemObjectStore, useValue: store },
        { provide: SignedLinks, useValue: links },
      ],
    };
  }
}

/** The part of the API that serves the filesystem adapter's links, alone. */
export async function serveSignedObjects(
  store: FilesystemObjectStore,
  links: SignedLinks,
  port: number,
): Promise<INestApplication> {
  const app = await NestFactory.create<NestExpressApplication>(SignedObjectsModule.forRoot(store, links), {
    logger: false,
    abortOnError: false,
  });
  const context = new RequestContext(ClsServiceManager.getClsService());
  app.use(beginContext(context, () => ({ ownerId: 'test', client: 'test' })));
  app.useGlobalFilters(
    new ErrorFilter(createLogger('test', { logLevel: 'CRITICAL' }), new Telemetry(), new ConnectionDrainer()),
  );
  await app.listen(port, '127.0.0.1');
  return app;
}
