import 'reflect-metadata';
import type { Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { AppConfig } from '#config';
import { ApiProcessMetrics, type Logger, type MetricsSource, type Telemetry } from '#observability';
import { DatabaseProbe } from '#persistence';
import { ApiModule } from './api.module.js';
import { ConnectionDrainer } from './http/connection-drainer.js';
import { createHttpApp } from './http/http-app.js';
import type { BoundedExpressAdapter } from './http/http-server.js';
import { warnOfFewFiles } from './open-files.js';

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
  warnOfFewFiles(config, logger);
  const app = await createHttpApp(ApiModule.forRoot(config, logger, telemetry, source), config, logger, telemetry);
  app.get(ApiProcessMetrics, { strict: false }).setWanted(processes);
  return app;
}

/** Connections that wait to be accepted, as far as the system allows: when these are too few, clients try again after a second. */
const BACKLOG = 4_096;

/** Listens on the addresses of the settings. @throws Error with `code` EADDRINUSE or EACCES when it cannot. */
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
 * Resolves once the API is ready and has connections to the database, so that a slow one costs no request.
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
 * Notifies load balancers by readiness and waits for them, lets requests in progress finish, cuts those that outlast the
 * grace period, and releases everything.
 */
export async function closeApi(app: NestExpressApplication, times: ShutdownTimes): Promise<void> {
  const connections = app.get(ConnectionDrainer);
  await connections.startDraining(times.shutdownDelaySeconds * 1000);
  await connections.drain(serversOf(app), times.shutdownGraceSeconds * 1000);
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
