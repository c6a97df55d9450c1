import 'reflect-metadata';
import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { AppConfig } from '#config';
import { type Logger, NestLogger, type Telemetry } from '#observability';
import { QueueConsumers } from '#queue';
import { HealthExpressAdapter } from './health-server.js';
import { LeaseReclaimer } from './lease-reclaimer.js';
import { Reconciler } from './reconciler.js';
import { Retention } from './retention.js';
import { OrphanCollector } from './orphan-collector.js';
import { WorkerModule } from './worker.module.js';

/** The worker with its health and metrics routes, ready to listen and to be started. The caller closes it. */
export async function createWorker(
  config: AppConfig,
  logger: Logger,
  telemetry: Telemetry,
): Promise<NestExpressApplication> {
  const app = await NestFactory.create<NestExpressApplication>(
    WorkerModule.forRoot(config, logger, telemetry),
    new HealthExpressAdapter(),
    {
      logger: new NestLogger(logger),
      abortOnError: false,
      bodyParser: false,
    },
  );
  await app.init();
  return app;
}

/** The worker without routes, for a process that serves them itself. */
export async function createRoutelessWorker(
  config: AppConfig,
  logger: Logger,
  telemetry: Telemetry,
): Promise<INestApplicationContext> {
  const app = await NestFactory.createApplicationContext(WorkerModule.forRoot(config, logger, telemetry), {
    logger: new NestLogger(logger),
    abortOnError: false,
  });
  return app;
}

/** Starts the periodic tasks and takes jobs. */
export function startWorker(app: INestApplicationContext): void {
  app.get(LeaseReclaimer).start();
  app.get(Reconciler).start();
  app.get(OrphanCollector).start();
  app.get(Retention).start();
  app.get(QueueConsumers).start();
}
