import {
  type BeforeApplicationShutdown,
  type DynamicModule,
  Injectable,
  Module,
  type OnApplicationShutdown,
} from '@nestjs/common';
import type { AppConfig } from '#config';
import { DatabaseProbe, ObjectStore, RenderConsumer } from '#core';
import { HealthModule } from '#health';
import { type Logger, LoggingModule, MetricsModule, SERVICE } from '#observability';
import { PersistenceModule } from '#persistence';
import { QueueModule } from '#queue';
import { ScratchFolder } from '#scratch';
import { StorageModule } from '#storage';
import { PrintPublisher } from './print-publisher.js';
import { Reconciler, RECONCILER_OPTIONS } from './reconciler.js';
import { RenderEngine } from './render-runner/render-engine.js';
import { RenderProcessPool } from './render-runner/render-process-pool.js';
import { RENDER_LIMITS, RenderRunner } from './render-runner/render-runner.js';
import { RenderProcessor } from './render.processor.js';

/** Ends the work before any connection is closed: the running renders finish and are recorded. */
@Injectable()
class WorkerLifecycle implements BeforeApplicationShutdown, OnApplicationShutdown {
  constructor(
    private readonly consumer: RenderConsumer,
    private readonly reconciler: Reconciler,
    private readonly scratch: ScratchFolder,
  ) {}

  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all([this.reconciler.stop(), this.consumer.drain()]);
  }

  onApplicationShutdown(): void {
    this.scratch.close();
  }
}

/** Composition root of the worker: takes jobs, renders, stores and records. */
@Module({})
export class WorkerModule {
  static forRoot(config: AppConfig, logger: Logger): DynamicModule {
    return {
      module: WorkerModule,
      imports: [
        LoggingModule.forRoot(logger),
        PersistenceModule.forRoot(config.database),
        QueueModule.forConsumer(config.queue, config.worker.concurrency),
        StorageModule.forRoot(config.storage),
        MetricsModule.forRoot(),
        HealthModule.forRoot({
          inject: [DatabaseProbe, RenderConsumer, ObjectStore],
          useFactory: (database: DatabaseProbe, consumer: RenderConsumer, objects: ObjectStore) => ({
            service: SERVICE,
            version: config.version,
            checks: [
              { name: 'database', critical: true, check: () => database.ping() },
              { name: 'queue', critical: true, check: () => consumer.ping() },
              { name: 'storage', critical: false, check: () => objects.ping() },
            ],
          }),
        }),
      ],
      providers: [
        { provide: ScratchFolder, useFactory: () => ScratchFolder.open('worker') },
        {
          provide: RenderEngine,
          useFactory: () =>
            new RenderProcessPool({
              concurrency: config.worker.concurrency,
              memoryBytes: config.worker.renderMemoryBytes,
            }),
        },
        {
          provide: RENDER_LIMITS,
          useValue: {
            timeoutMs: config.worker.renderTimeoutMs,
            leaseMs: config.queue.lockSeconds * 1000,
            threads: config.worker.threads,
          },
        },
        {
          provide: RECONCILER_OPTIONS,
          useValue: {
            periodMs: config.worker.reconcileSeconds * 1000,
            quietMs: config.worker.reconcileSeconds * 1000,
            maxLost: config.worker.maxLostWorkers,
          },
        },
        Reconciler,
        PrintPublisher,
        RenderRunner,
        RenderProcessor,
        WorkerLifecycle,
      ],
    };
  }
}
