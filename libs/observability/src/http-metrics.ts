import { Injectable, Module, type Provider } from '@nestjs/common';
import { InjectMetric, makeCounterProvider, makeHistogramProvider } from '@willsoto/nestjs-prometheus';
import type { Counter, Histogram } from 'prom-client';

const METRICS: Provider[] = [
  makeCounterProvider({
    name: 'http_requests_total',
    help: 'HTTP requests answered',
    labelNames: ['method', 'endpoint', 'status'],
  }),
  makeHistogramProvider({
    name: 'http_request_duration_seconds',
    help: 'Seconds from the request to the end of its answer',
    labelNames: ['method', 'endpoint'],
    buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  }),
  makeCounterProvider({
    name: 'http_errors_total',
    help: 'HTTP requests answered with a 4xx or 5xx status',
    labelNames: ['endpoint', 'status'],
  }),
  makeCounterProvider({
    name: 'http_connections_closed_total',
    help: 'Connections closed to make room for others, or refused',
    labelNames: ['reason'],
  }),
];

/** The documented responses of a route. */
export interface KnownAnswers {
  readonly method: string;
  /** Template of the route. */
  readonly endpoint: string;
  readonly statuses: readonly number[];
}

/** Why a connection was closed by a limit: it was idle, slow in sending the headers of a request, or one too many. */
const CLOSE_REASONS = ['idle', 'headers', 'refused'] as const;

@Injectable()
export class HttpMetrics {
  constructor(
    @InjectMetric('http_requests_total') readonly requests: Counter<'method' | 'endpoint' | 'status'>,
    @InjectMetric('http_request_duration_seconds') readonly duration: Histogram<'method' | 'endpoint'>,
    @InjectMetric('http_errors_total') readonly errors: Counter<'endpoint' | 'status'>,
    @InjectMetric('http_connections_closed_total') private readonly closedConnections: Counter<'reason'>,
  ) {
    for (const reason of CLOSE_REASONS) closedConnections.inc({ reason }, 0);
  }

  /** Creates the series of these responses at zero, before the first request: a rate needs a first value. */
  initialize(known: Iterable<KnownAnswers>): void {
    for (const { method, endpoint, statuses } of known) {
      for (const status of statuses.map(String)) {
        this.requests.inc({ method, endpoint, status }, 0);
        if (Number(status) >= 400) this.errors.inc({ endpoint, status }, 0);
      }
      this.duration.zero({ method, endpoint });
    }
  }

  connectionClosed(reason: (typeof CLOSE_REASONS)[number]): void {
    this.closedConnections.inc({ reason });
  }
}

@Module({ providers: [...METRICS, HttpMetrics], exports: [HttpMetrics] })
export class HttpMetricsModule {}
