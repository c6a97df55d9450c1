import { type Metric, register } from 'prom-client';

/**
 * How values of several API processes become one, where the client library leaves the metric out or takes a mean: the
 * service started when the first of them did, and is as slow as its slowest.
 */
const AGGREGATORS: Record<string, 'min' | 'max'> = {
  process_start_time_seconds: 'min',
  nodejs_eventloop_lag_seconds: 'max',
  nodejs_eventloop_lag_mean_seconds: 'max',
  nodejs_eventloop_lag_stddev_seconds: 'max',
  nodejs_eventloop_lag_p50_seconds: 'max',
  nodejs_eventloop_lag_p90_seconds: 'max',
  nodejs_eventloop_lag_p99_seconds: 'max',
};

/** Sets the aggregators. Call it after Node's own metrics are registered. */
export function aggregateDefaultMetrics(): void {
  for (const [name, aggregator] of Object.entries(AGGREGATORS)) {
    const metric = register.getSingleMetric(name) as (Metric & { aggregator: string }) | undefined;
    if (metric) metric.aggregator = aggregator;
  }
}
