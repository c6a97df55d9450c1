import { Controller, type DynamicModule, Get, Inject, Injectable, Module, Res, type Type } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { DatabaseObserver, DependencyHealth, RenderQueue, StorageObserver, StorageRoom } from '#core';
import { InjectMetric, makeGaugeProvider, PrometheusModule } from '@willsoto/nestjs-prometheus';
import type { Response } from 'express';
import { type Gauge, register } from 'prom-client';
import { DATABASE_METRICS } from './database-metrics.js';
import { aggregateDefaultMetrics } from './default-metrics.js';
import { DEPLOYMENT_METRICS, DeploymentMetrics, type BacklogSource, type UsageSource } from './deployment-metrics.js';
import { SERVICE } from './service-name.js';
import { STORAGE_METRICS } from './storage-metrics.js';
import { THREAD_POOL_METRICS } from './thread-pool-lag.js';

/** Returns the text of a scrape: of this process's registry or, where there are several processes, of their sum. */
export type MetricsSource = () => Promise<string>;

const METRICS_SOURCE = Symbol('metrics source');
const VERSION = Symbol('version of the service');

@ApiExcludeController()
@Controller('metrics')
class MetricsController {
  constructor(@Inject(METRICS_SOURCE) private readonly source: MetricsSource) {}

  @Get()
  async scrape(@Res() response: Response): Promise<void> {
    response.setHeader('Content-Type', register.contentType).end(await this.source());
  }
}

@Injectable()
class BuildInfo {
  constructor(@InjectMetric('service_info') info: Gauge<'service' | 'version'>, @Inject(VERSION) version: string) {
    info.set({ service: SERVICE, version }, 1);
  }
}

/** Classes that the application provides globally; given here, so that a process that only logs loads no database. */
export interface DeploymentSources {
  readonly statistics: Type<BacklogSource>;
  readonly usage: Type<UsageSource>;
}

/**
 * Serves /metrics: those of Node, of the database, of the store and of the deployment. Features add their own with
 * modules like `UploadMetricsModule`. The ports and sources that the deployment's metrics read must be provided globally.
 */
@Module({})
export class MetricsModule {
  static forRoot(
    version: string,
    sources: DeploymentSources,
    source: MetricsSource = () => register.metrics(),
  ): DynamicModule {
    // Two applications in one process share the registry; the process metrics are collected once.
    const enabled = register.getSingleMetric('process_resident_memory_bytes') === undefined;
    const prometheus = PrometheusModule.register({
      controller: MetricsController,
      defaultMetrics: { enabled, config: { labels: { service: SERVICE } } },
    });
    aggregateDefaultMetrics();
    return {
      module: MetricsModule,
      global: true, // The controller is in the Prometheus module and injects our source.
      imports: [prometheus],
      providers: [
        { provide: METRICS_SOURCE, useValue: source },
        { provide: VERSION, useValue: version },
        makeGaugeProvider({
          name: 'service_info',
          help: 'The version that runs, as a label; always 1',
          labelNames: ['service', 'version'],
          aggregator: 'max',
        }),
        BuildInfo,
        ...DATABASE_METRICS,
        ...STORAGE_METRICS,
        ...DEPLOYMENT_METRICS,
        {
          provide: DeploymentMetrics,
          inject: [RenderQueue, sources.statistics, sources.usage, StorageRoom, DependencyHealth],
          useFactory: (...deployment: ConstructorParameters<typeof DeploymentMetrics>) =>
            new DeploymentMetrics(...deployment),
        },
        ...THREAD_POOL_METRICS,
      ],
      exports: [METRICS_SOURCE, DatabaseObserver, StorageObserver],
    };
  }
}
