import { type DynamicModule, Module } from '@nestjs/common';
import { PrometheusModule } from '@willsoto/nestjs-prometheus';
import { register } from 'prom-client';
import { SERVICE } from './metrics.js';

/** Serves /metrics of this process, with Node's own process metrics. */
@Module({})
export class MetricsModule {
  static forRoot(): DynamicModule {
    // Two applications in one process share the registry; the process metrics are collected once.
    const enabled = register.getSingleMetric('process_resident_memory_bytes') === undefined;
    return {
      module: MetricsModule,
      imports: [
        PrometheusModule.register({
          path: '/metrics',
          defaultMetrics: { enabled, config: { labels: { service: SERVICE } } },
        }),
      ],
    };
  }
}
