import { Injectable, Module, type Provider } from '@nestjs/common';
import { InjectMetric, makeGaugeProvider } from '@willsoto/nestjs-prometheus';
import type { Gauge } from 'prom-client';

const METRICS: Provider[] = [
  makeGaugeProvider({ name: 'api_processes', help: 'API processes of the instance that answered this scrape' }),
  makeGaugeProvider({
    name: 'api_processes_wanted',
    help: 'API processes that the instance should have',
    aggregator: 'max',
  }),
];

/** Counts API processes. The sum over a cluster has those that answered the scrape: one that hangs is missing. */
@Injectable()
export class ApiProcessMetrics {
  constructor(
    @InjectMetric('api_processes') processes: Gauge,
    @InjectMetric('api_processes_wanted') private readonly wanted: Gauge,
  ) {
    processes.set(1);
  }

  setWanted(processes: number): void {
    this.wanted.set(processes);
  }
}

@Module({ providers: [...METRICS, ApiProcessMetrics], exports: [ApiProcessMetrics] })
export class ApiProcessMetricsModule {}
