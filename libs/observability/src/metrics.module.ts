import { Controller, type DynamicModule, Get, Inject, Module, Res, type Type } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { DatabaseObserver, DependencyHealth, RenderQueue, StorageObserver, StorageRoom } from '#core';
import { PrometheusModule } from '@willsoto/nestjs-prometheus';
import type { Response } from 'express';
import { register } from 'prom-client';
import { DatabaseMetrics } from './database-metrics.js';
import { aggregateDefaultMetrics } from './default-metrics.js';
import { type BacklogSource, DeploymentMetrics, type UsageSource } from './deployment-metrics.js';
import { gauge, SERVICE } from './metrics.js';
import { StorageMetrics } from './storage-metrics.js';
import { ThreadPoolLag } from './thread-pool-lag.js';

/** Gives the text of a scrape: this process's registry, or where there are several, the sum of all. */
export type MetricsSource = () => Promise<string>;

const METRICS_SOURCE = Symbol('metrics source');

@ApiExcludeController()
@Controller('metrics')
class MetricsController {
  constructor(@Inject(METRICS_SOURCE) private readonly source: MetricsSource) {}

  @Get()
  async scrape(@Res() response: Response): Promise<void> {
    response.setHeader('Content-Type', register.contentType).end(await this.source());
  }
}

/** Classes that the application provides globally; named here, so that who only logs need not load a database. */
export interface DeploymentSources {
  readonly statistics: Type<BacklogSource>;
  readonly usage: Type<UsageSource>;
}

/**
 * Serves /metrics: Node's own, those of the database and the store, and what is known of the deployment. It wants
 * the queue, the room in the storage and the servers' health to be provided globally, and so the sources.
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
    registerBuildInfo(version);
    return {
      module: MetricsModule,
      global: true, // The controller lives in the Prometheus module and asks for our source.
      imports: [prometheus],
      providers: [
        { provide: METRICS_SOURCE, useValue: source },
        { provide: DatabaseObserver, useClass: DatabaseMetrics },
        { provide: StorageObserver, useClass: StorageMetrics },
        {
          provide: DeploymentMetrics,
          inject: [RenderQueue, sources.statistics, sources.usage, StorageRoom, DependencyHealth],
          useFactory: (...deployment: ConstructorParameters<typeof DeploymentMetrics>) =>
            new DeploymentMetrics(...deployment),
        },
        ThreadPoolLag,
      ],
      exports: [METRICS_SOURCE, DatabaseObserver, StorageObserver],
    };
  }
}

function registerBuildInfo(version: string): void {
  gauge({
    name: 'service_info',
    help: 'The version that runs, as a label; always 1',
    labelNames: ['service', 'version'],
    aggregator: 'max',
  }).set({ service: SERVICE, version }, 1);
}
