import { Controller, type DynamicModule, Get, Inject, Module, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { PrometheusModule } from '@willsoto/nestjs-prometheus';
import type { Response } from 'express';
import { register } from 'prom-client';
import { SERVICE } from './metrics.js';
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

/** Serves /metrics, with Node's own process metrics. */
@Module({})
export class MetricsModule {
  static forRoot(source: MetricsSource = () => register.metrics()): DynamicModule {
    // Two applications in one process share the registry; the process metrics are collected once.
    const enabled = register.getSingleMetric('process_resident_memory_bytes') === undefined;
    return {
      module: MetricsModule,
      global: true, // The controller lives in the Prometheus module and asks for our source.
      imports: [
        PrometheusModule.register({
          controller: MetricsController,
          defaultMetrics: { enabled, config: { labels: { service: SERVICE } } },
        }),
      ],
      providers: [{ provide: METRICS_SOURCE, useValue: source }, ThreadPoolLag],
      exports: [METRICS_SOURCE],
    };
  }
}
