import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { AppConfig } from '#config';
import { RenderQueue } from '#core';
import { type Logger, type MetricsSource, NestLogger, watchQueueDepth } from '#observability';
import helmet from 'helmet';
import { ApiModule } from './api.module.js';
import { ErrorFilter } from './http/error.filter.js';
import { serveOpenApi } from './http/openapi.js';
import { assignRequestId } from './http/request-context.js';
import { observeRequests } from './http/request-observer.js';
import { createValidationPipe } from './http/validation.js';

/** The whole API, ready to listen, whether its servers are up or not. The caller closes it. */
export async function createApi(
  config: AppConfig,
  logger: Logger,
  metrics?: MetricsSource,
): Promise<NestExpressApplication> {
  const app = await NestFactory.create<NestExpressApplication>(ApiModule.forRoot(config, logger, metrics), {
    logger: new NestLogger(logger),
    abortOnError: false,
    bodyParser: false,
  });
  app.disable('x-powered-by');
  app.use(assignRequestId, observeRequests(logger), helmet());
  app.useGlobalPipes(createValidationPipe());
  app.useGlobalFilters(new ErrorFilter(logger));
  serveOpenApi(app, config.version);
  const queue = app.get(RenderQueue);
  watchQueueDepth(async () => (await queue.counts()).waiting);
  await app.init();
  return app;
}

/** Listens where the settings say. @throws Error with `code` EADDRINUSE or EACCES when it cannot. */
export async function listen(app: NestExpressApplication, { host, port }: AppConfig['api']): Promise<void> {
  await (host === undefined ? app.listen(port) : app.listen(port, host));
}
