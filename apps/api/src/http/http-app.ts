import type { ModuleMetadata } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { AppConfig } from '#config';
import { HttpMetrics, type KnownAnswers, type Logger, NestLogger, type Telemetry } from '#observability';
import { answerClientErrors } from './client-errors.js';
import { clientIdentity, trustProxies } from './client-identity.js';
import { ConnectionDrainer } from './connection-drainer.js';
import { BoundedExpressAdapter } from './http-server.js';
import { documentedAnswers, serveOpenApi } from './openapi.js';
import { beginContext, RequestContext } from './request-context.js';
import { observeRequests } from './request-observer.js';
import { checkRequests } from './request-rules.js';
import { traceRequests } from './request-tracing.js';
import { corsOptions, securityHeaders } from './security-headers.js';
import { closeUnreadRequests } from './unread-requests.js';

/** What the routes answer that the OpenAPI document does not have, and what is answered where there is no route. */
const OTHER_ANSWERS: readonly KnownAnswers[] = [
  { method: 'GET', endpoint: '/health', statuses: [200, 503] },
  { method: 'GET', endpoint: '/health/readiness', statuses: [200, 503] },
  { method: 'GET', endpoint: '/health/liveness', statuses: [200] },
  { method: 'GET', endpoint: '/metrics', statuses: [200, 500] },
  { method: 'GET', endpoint: 'unmatched', statuses: [404] },
  { method: 'unknown', endpoint: 'unmatched', statuses: [400, 408, 431] },
];

/**
 * An application on bounded servers, with the middleware that every request passes. The rest of what requests share is in
 * {@link HttpModule}, which the module imports.
 */
export async function createHttpApp(
  module: NonNullable<ModuleMetadata['imports']>[number],
  config: AppConfig,
  logger: Logger,
  telemetry: Telemetry,
): Promise<NestExpressApplication> {
  const { http } = config.api;
  const adapter = new BoundedExpressAdapter(config.api);
  const app = await NestFactory.create<NestExpressApplication>(module, adapter, {
    logger: new NestLogger(logger),
    abortOnError: false,
    bodyParser: false,
  });
  trustProxies(app, http);
  const metrics = app.get(HttpMetrics, { strict: false });
  adapter.countIn(metrics);
  const connections = app.get(ConnectionDrainer);
  for (const { server } of adapter.listeners) answerClientErrors(server, connections, metrics, logger);
  const context = app.get(RequestContext);
  app.use(connections.track, closeUnreadRequests, beginContext(context, clientIdentity(logger)));
  app.use(traceRequests(telemetry, context), observeRequests(metrics, logger));
  app.use(securityHeaders(http), checkRequests(adapter));
  const cors = corsOptions(http);
  // Without options every origin would be let in.
  if (cors) app.enableCors(cors);
  metrics.initialize([...documentedAnswers(serveOpenApi(app, config.version)), ...OTHER_ANSWERS]);
  await app.init();
  return app;
}
