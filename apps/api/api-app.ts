import 'reflect-metadata';
import { setTimeout as sleep } from 'node:timers/promises';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { AppConfig } from '#config';
import { type Logger, type MetricsSource, NestLogger } from '#observability';
import type { Telemetry } from '#telemetry';
import { ApiModule } from './api.module.js';
import { corsOptions, securityHeaders } from './http/browser-rules.js';
import { answerClientErrors } from './http/client-errors.js';
import { ErrorFilter } from './http/error.filter.js';
import { BoundedExpressAdapter, requireHost } from './http/http-server.js';
import { OpenRequests } from './http/open-requests.js';
import { serveOpenApi } from './http/openapi.js';
import { assignRequestId } from './http/request-context.js';
import { observeRequests } from './http/request-observer.js';
import { traceRequests } from './http/request-tracing.js';
import { closeUnreadBodies } from './http/unread-body.js';
import { createValidationPipe } from './http/validation.js';

/** The whole API, ready to listen, whether its servers are up or not. The caller closes it. */
export async function createApi(
  config: AppConfig,
  logger: Logger,
  telemetry: Telemetry,
  metrics?: MetricsSource,
): Promise<NestExpressApplication> {
  const { http } = config.api;
  const app = await NestFactory.create<NestExpressApplication>(
    ApiModule.forRoot(config, logger, telemetry, metrics),
    new BoundedExpressAdapter(http),
    {
      logger: new NestLogger(logger),
      abortOnError: false,
      bodyParser: false,
    },
  );
  app.disable('x-powered-by');
  const requests = app.get(OpenRequests);
  answerClientErrors(app.getHttpServer(), requests, logger);
  app.use(requests.track, closeUnreadBodies, assignRequestId, traceRequests(telemetry), observeRequests(logger));
  app.use(securityHeaders(http), requireHost);
  const cors = corsOptions(http);
  // Without options every origin would be let in.
  if (cors) app.enableCors(cors);
  app.useGlobalPipes(createValidationPipe());
  app.useGlobalFilters(new ErrorFilter(logger, telemetry));
  serveOpenApi(app, config.version);
  await app.init();
  return app;
}

/** Listens where the settings say. @throws Error with `code` EADDRINUSE or EACCES when it cannot. */
export async function listen(app: NestExpressApplication, { host, port }: AppConfig['api']): Promise<void> {
  await (host === undefined ? app.listen(port) : app.listen(port, host));
}

/** What a close may take after the last request was answered or cut: connections to servers can hang. */
export const RELEASE_MS = 3_000;

/** Lets requests under way finish, cuts those that outlast the grace period, and gives everything back. */
export async function closeApi(app: NestExpressApplication, graceSeconds: number): Promise<void> {
  await app.get(OpenRequests).drain(app.getHttpServer(), graceSeconds * 1000);
  await Promise.race([app.close(), sleep(RELEASE_MS, undefined, { ref: false })]);
}
