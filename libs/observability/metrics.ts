import { Counter, Gauge, Histogram, register } from 'prom-client';

/** The service's name in the `service` label. */
export const SERVICE = 'pop-render';

/** Metrics are registered once a process, whichever application asks first. */
export function once<T>(name: string, create: () => T): T {
  return (register.getSingleMetric(name) as T | undefined) ?? create();
}

export interface HttpMetrics {
  readonly requests: Counter<'method' | 'endpoint' | 'status'>;
  readonly duration: Histogram<'method' | 'endpoint'>;
  readonly errors: Counter<'endpoint' | 'status'>;
}

export function httpMetrics(): HttpMetrics {
  return {
    requests: once(
      'http_requests_total',
      () =>
        new Counter({
          name: 'http_requests_total',
          help: 'HTTP requests answered',
          labelNames: ['method', 'endpoint', 'status'] as const,
        }),
    ),
    duration: once(
      'http_request_duration_seconds',
      () =>
        new Histogram({
          name: 'http_request_duration_seconds',
          help: 'Seconds from the request to the end of its answer',
          labelNames: ['method', 'endpoint'] as const,
          buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
        }),
    ),
    errors: once(
      'http_errors_total',
      () =>
        new Counter({
          name: 'http_errors_total',
          help: 'HTTP requests answered with a 4xx or 5xx status',
          labelNames: ['endpoint', 'status'] as const,
        }),
    ),
  };
}

export interface RenderMetrics {
  readonly jobs: Counter<'status' | 'style' | 'service'>;
  readonly duration: Histogram<'style' | 'service'>;
  readonly inProgress: Gauge;
  readonly stageDuration: Histogram<'stage' | 'style'>;
}

export function renderMetrics(): RenderMetrics {
  return {
    jobs: once(
      'render_jobs_total',
      () =>
        new Counter({
          name: 'render_jobs_total',
          help: 'Renders that ended, by outcome',
          labelNames: ['status', 'style', 'service'] as const,
        }),
    ),
    duration: once(
      'render_duration_seconds',
      () =>
        new Histogram({
          name: 'render_duration_seconds',
          help: 'Seconds a completed render took in the worker',
          labelNames: ['style', 'service'] as const,
          buckets: [1, 5, 10, 30, 60, 120],
        }),
    ),
    inProgress: once(
      'renders_in_progress',
      () => new Gauge({ name: 'renders_in_progress', help: 'Renders being processed now' }),
    ),
    stageDuration: once(
      'render_stage_duration_seconds',
      () =>
        new Histogram({
          name: 'render_stage_duration_seconds',
          help: 'Seconds that a stage of a render took, of those that went well',
          labelNames: ['stage', 'style'] as const,
          buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600],
        }),
    ),
  };
}

export interface ReconcilerMetrics {
  readonly reconciled: Counter<'action' | 'service'>;
  readonly orphansRemoved: Counter<'service'>;
}

export function reconcilerMetrics(): ReconcilerMetrics {
  return {
    reconciled: once(
      'renders_reconciled_total',
      () =>
        new Counter({
          name: 'renders_reconciled_total',
          help: 'Renders put right after a loss: reclaimed from a lost worker, failed after too many, or queued again',
          labelNames: ['action', 'service'] as const,
        }),
    ),
    orphansRemoved: once(
      'orphan_objects_removed_total',
      () =>
        new Counter({
          name: 'orphan_objects_removed_total',
          help: 'Stored objects removed because no render or upload names them',
          labelNames: ['service'] as const,
        }),
    ),
  };
}

/** Waiting jobs, read from the queue at each scrape; a queue that cannot be read leaves the last value out. */
export function watchQueueDepth(waiting: () => Promise<number>): Gauge<'service'> {
  return once(
    'render_queue_depth',
    () =>
      new Gauge({
        name: 'render_queue_depth',
        help: 'Jobs waiting in the render queue',
        labelNames: ['service'] as const,
        // Every process of a cluster reads the same queue: their values are one fact, not a sum.
        aggregator: 'max',
        async collect() {
          try {
            this.set({ service: SERVICE }, await waiting());
          } catch {
            this.reset(); // Absent, not stale: the health check tells why.
          }
        },
      }),
  );
}
