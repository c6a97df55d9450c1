import 'reflect-metadata';
import type { Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { AppConfig } from '#config';
import { DatabaseProbe } from '#core';
import {
  ApiProcessMetrics,
  HttpMetrics,
  type KnownAnswers,
  type Logger,
  type MetricsSource,
  NestLogger,
  type Telemetry,
} from '#observability';
import { ApiModule } from './api.module.js';
import { corsOptions, securityHeaders } from './http/security-headers.js';
import { answerClientErrors } from './http/client-errors.js';
import { ErrorFilter } from './http/error.filter.js';
import { identifyClients, trustProxies } from './http/client-identity.js';
import { BoundedExpressAdapter } from './http/http-server.js';
import { ConnectionDrainer } from './http/connection-drainer.js';
import { documentedAnswers, serveOpenApi } from './http/openapi.js';
import { assignRequestId } from './http/request-context.js';
import { observeRequests } from './http/request-observer.js';
import { checkRequests } from './http/request-rules.js';
import { traceRequests } from './http/request-tracing.js';
import { closeUnreadRequests } from './http/unread-requests.js';
import { createValidationPipe } from './http/validation.js';
import { warnOfFewFiles } from './open-files.js';

/** What the routes answer that the OpenAPI document does not have, and what is answered where there is no route. */
const OTHER_ANSWERS: readonly KnownAnswers[] = [
  { method: 'GET', endpoint: '/health', statuses: [200, 503] },
  { method: 'GET', endpoint: '/health/readiness', statuses: [200, 503] },
  { method: 'GET', endpoint: '/health/liveness', statuses: [200] },
  { method: 'GET', endpoint: '/metrics', statuses: [200, 500] },
  { method: 'GET', endpoint: 'unmatched', statuses: [404] },
  { method: 'unknown', endpoint: 'unmatched', statuses: [400, 408, 431] },
];

/** How this process takes part in the scrapes of a cluster. */
export interface ScrapeOptions {
  /** The metrics of all processes; this process's own when undefined. */
  readonly source?: MetricsSource;
  /** API processes that the instance should have. */
  readonly processes?: number;
}

/** The whole API, ready to listen, whether its servers are up or not. The caller closes it. */
export async function createApi(
  config: AppConfig,
  logger: Logger,
  telemetry: Telemetry,
  { source, processes = 1 }: ScrapeOptions = {},
): Promise<NestExpressApplication> {
  const { http } = config.api;
  warnOfFewFiles(config, logger);
  const adapter = new BoundedExpressAdapter(config.api);
  const app = await NestFactory.create<NestExpressApplication>(
    ApiModule.forRoot(config, logger, telemetry, source),
    adapter,
    {
      logger: new NestLogger(logger),
      abortOnError: false,
      bodyParser: false,
    },
  );
  trustProxies(app, http);
  const metrics = app.get(HttpMetrics, { strict: false });
  adapter.countIn(metrics);
  const requests = app.get(ConnectionDrainer);
  for (const { server } of adapter.listeners) answerClientErrors(server, requests, metrics, logger);
  app.use(requests.track, closeUnreadRequests, assignRequestId, identifyClients(logger));
  app.use(traceRequests(telemetry), observeRequests(metrics, logger));
  app.use(securityHeaders(http), checkRequests(adapter));
  const cors = corsOptions(http);
  // Without options every origin would be let in.
  if (cors) app.enableCors(cors);
  app.useGlobalPipes(createValidationPipe());
  app.useGlobalFilters(new ErrorFilter(logger, telemetry, requests));
  metrics.initialize([...documentedAnswers(serveOpenApi(app, config.version)), ...OTHER_ANSWERS]);
  app.get(ApiProcessMetrics, { strict: false }).setWanted(processes);
  await app.init();
  return app;
}

/** Connections that wait to be accepted, as far as the system allows: when these are too few, clients try again after a second. */
const BACKLOG = 4_096;

/** Listens where the settings say. @throws Error with `code` EADDRINUSE or EACCES when it cannot. */
export async function listen(app: NestExpressApplication): Promise<void> {
  const { listeners } = app.getHttpAdapter() as BoundedExpressAdapter;
  for (const { server, host, port } of listeners) {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ port, host, backlog: BACKLOG }, () => {
        server.off('error', reject);
        resolve();
      });
    });
  }
}

/** What a close may take after the last request was answered or cut: connections to servers can hang. */
const RELEASE_MS = 3_000;

/** How long a process that others replace keeps its connections, so that those in use end with an answer. */
const LINGER_MS = 2_000;
const READY_PROBE_MS = 200;

type ShutdownTimes = Pick<AppConfig, 'shutdownDelaySeconds' | 'shutdownGraceSeconds'>;

/**
 * Resolves once readiness would be told and connections stand: a slow one then costs no request.
 * @param limitMs after which it resolves all the same
 */
export async function untilReady(app: NestExpressApplication, limitMs: number): Promise<void> {
  const database = app.get(DatabaseProbe);
  const deadline = Date.now() + limitMs;
  const isReady = async (): Promise<boolean> => {
    try {
      await database.ping();
      await database.warmUp();
      return true;
    } catch {
      return false; // The probe has logged why.
    }
  };
  while (!(await isReady()) && Date.now() < deadline) await sleep(READY_PROBE_MS);
}

/**
 * Tells load balancers and waits for them, lets requests under way finish, cuts those that outlast the grace period, and
 * gives everything back.
 */
export async function closeApi(app: NestExpressApplication, times: ShutdownTimes): Promise<void> {
  const requests = app.get(ConnectionDrainer);
  await requests.startDraining(times.shutdownDelaySeconds * 1000);
  await requests.drain(serversOf(app), times.shutdownGraceSeconds * 1000);
  await release(app);
}

/** The same, unnoticed by load balancers, for other processes answer on the same port. */
export async function replaceApi(app: NestExpressApplication, times: ShutdownTimes): Promise<void> {
  await app.get(ConnectionDrainer).drainForReplacement(serversOf(app), LINGER_MS, times.shutdownGraceSeconds * 1000);
  await release(app);
}

function serversOf(app: NestExpressApplication): Server[] {
  return (app.getHttpAdapter() as BoundedExpressAdapter).listeners.map(({ server }) => server);
}

async function release(app: NestExpressApplication): Promise<void> {
  await Promise.race([app.close(), sleep(RELEASE_MS, undefined, { ref: false })]);
}
