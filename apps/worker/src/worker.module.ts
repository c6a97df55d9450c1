import {
  type BeforeApplicationShutdown,
  type DynamicModule,
  Inject,
  Injectable,
  Module,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { StorageRoomModule } from '#application';
import { type AppConfig, WORKER_TIME_LIMITS } from '#config';
import { ObjectStore, RenderQueue } from '#core';
import { HealthModule } from '#health';
import {
  ChildProcessMetrics,
  ChildProcessMetricsModule,
  type Logger,
  LoggingModule,
  MetricsModule,
  RenderMetrics,
  RenderMetricsModule,
  RenderSeries,
  SERVICE,
  type Telemetry,
  TelemetryModule,
} from '#observability';
import { Catalogue, DatabaseProbe, PersistenceModule, RenderStatistics, StorageUsageRepository } from '#persistence';
import { QueueConsumers, QueueModule, RENDERS } from '#queue';
import { TempDirectory } from '#sandbox';
import { StorageModule } from '#storage';
import { LeaseReclaimer, RECLAIM_OPTIONS } from './lease-reclaimer.js';
import { PrintPublisher } from './print-publisher.js';
import { Reconciler, RECONCILER_OPTIONS, ROUND_LIMITS } from './reconciler.js';
import { RenderEngine } from './render-runner/render-engine.js';
import { RenderProcessPool } from './render-runner/render-process-pool.js';
import { RENDER_LIMITS, RenderRunner } from './render-runner/render-runner.js';
import { RenderProcessor, WORKER_NAME } from './render.processor.js';
import { Retention, RETENTION_OPTIONS } from './retention.js';
import { OrphanCollector, ORPHAN_COLLECTOR_OPTIONS } from './orphan-collector.js';

/** A cheap query; an embedded profile may run for minutes only. */
const RETENTION_PERIOD_MS = 300_000;
const SHUTDOWN_GRACE_MS = Symbol('grace of a shutdown');

/** Drains before any connection is closed: the running renders finish and are recorded. */
@Injectable()
class WorkerLifecycle implements BeforeApplicationShutdown, OnApplicationShutdown {
  constructor(
    private readonly consumers: QueueConsumers,
    private readonly reclaimer: LeaseReclaimer,
    private readonly reconciler: Reconciler,
    private readonly collector: OrphanCollector,
    private readonly retention: Retention,
    private readonly scratch: TempDirectory,
    @Inject(SHUTDOWN_GRACE_MS) private readonly graceMs: number,
  ) {}

  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all([
      this.reclaimer.stop(),
      this.reconciler.stop(),
      this.collector.stop(),
      this.retention.stop(),
      this.consumers.drain(this.graceMs),
    ]);
  }

  onApplicationShutdown(): void {
    this.scratch.close();
  }
}

/** Composition root of the worker: takes jobs, renders, stores and records. */
@Module({})
export class WorkerModule {
  static forRoot(config: AppConfig, logger: Logger, telemetry: Telemetry): DynamicModule {
    return {
      module: WorkerModule,
      imports: [
        LoggingModule.forRoot(logger),
        TelemetryModule.forRoot(telemetry),
        PersistenceModule.forRoot(config.database, WORKER_TIME_LIMITS, 'worker'),
        QueueModule.forConsumer(config.queue, {
          [RENDERS.name]: { name: config.worker.name, concurrency: config.worker.concurrency },
        }),
        StorageModule.forRoot(config.storage, WORKER_TIME_LIMITS),
        StorageRoomModule.forRoot(config.storage.limits),
        MetricsModule.forRoot(config.version, { statistics: RenderStatistics, usage: StorageUsageRepository }),
        RenderMetricsModule,
        ChildProcessMetricsModule,
        HealthModule.forRoot({
          inject: [DatabaseProbe, QueueConsumers, RenderQueue, ObjectStore],
          useFactory: (
            database: DatabaseProbe,
            consumers: QueueConsumers,
            queue: RenderQueue,
            objects: ObjectStore,
          ) => ({
            service: SERVICE,
            version: config.version,
            checks: [
              { name: 'database', dependency: 'database', critical: true, check: () => database.ping() },
              {
                name: 'queue',
                dependency: config.queue.backend === 'redis' ? 'redis' : undefined,
                critical: true,
                // Whether it takes jobs, and whether the queue is available.
                check: async () => {
                  await Promise.all([consumers.ping(), queue.ping()]);
                },
              },
              { name: 'storage', dependency: 'storage', critical: false, check: () => objects.ping() },
            ],
          }),
        }),
      ],
      providers: [
        { provide: TempDirectory, useFactory: () => TempDirectory.open('worker') },
        {
          provide: RenderEngine,
          inject: [ChildProcessMetrics],
          useFactory: (metrics: ChildProcessMetrics) =>
            new RenderProcessPool(
              {
                concurrency: config.worker.concurrency,
                memoryBytes: config.worker.renderMemoryBytes,
                sandbox: config.sandbox,
              },
              metrics,
              logger,
            ),
        },
        {
          provide: RENDER_LIMITS,
          useValue: {
            timeoutMs: config.worker.renderTimeoutMs,
            leaseMs: config.queue.lockSeconds * 1000,
            maxLost: config.worker.maxLost,
            threads: config.worker.threads,
          },
        },
        {
          provide: RECONCILER_OPTIONS,
          useValue: {
            periodMs: config.worker.reconcileSeconds * 1000,
            idleMs: config.worker.reconcileSeconds * 1000,
            ...ROUND_LIMITS,
          },
        },
        {
          provide: RECLAIM_OPTIONS,
          useValue: {
            periodMs: config.worker.reconcileSeconds * 1000,
            maxLost: config.worker.maxLost,
          },
        },
        {
          provide: ORPHAN_COLLECTOR_OPTIONS,
          useValue: {
            periodMs: config.worker.sweepSeconds * 1000,
            minAgeMs: config.worker.orphanAgeSeconds * 1000,
          },
        },
        {
          provide: RETENTION_OPTIONS,
          useValue: {
            days: config.worker.retentionDays,
            notBefore: config.worker.retentionNotBefore,
            periodMs: RETENTION_PERIOD_MS,
          },
        },
        { provide: WORKER_NAME, useValue: config.worker.name },
        { provide: SHUTDOWN_GRACE_MS, useValue: config.shutdownGraceSeconds * 1000 },
        {
          provide: RenderSeries,
          inject: [Catalogue, RenderMetrics],
          useFactory: (catalogue: Catalogue, metrics: RenderMetrics) => new RenderSeries(catalogue, metrics),
        },
        LeaseReclaimer,
        Reconciler,
        OrphanCollector,
        Retention,
        PrintPublisher,
        RenderRunner,
        RenderProcessor,
        WorkerLifecycle,
      ],
    };
  }
}
