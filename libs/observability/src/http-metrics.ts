import type { Counter, Histogram } from 'prom-client';
import { counter, histogram } from './metrics.js';

export interface HttpMetrics {
  readonly requests: Counter<'method' | 'endpoint' | 'status'>;
  readonly duration: Histogram<'method' | 'endpoint'>;
  readonly errors: Counter<'endpoint' | 'status'>;
}

export function httpMetrics(): HttpMetrics {
  return {
    requests: counter({
      name: 'http_requests_total',
      help: 'HTTP requests answered',
      labelNames: ['method', 'endpoint', 'status'],
    }),
    duration: histogram({
      name: 'http_request_duration_seconds',
      help: 'Seconds from the request to the end of its answer',
      labelNames: ['method', 'endpoint'],
      buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    }),
    errors: counter({
      name: 'http_errors_total',
      help: 'HTTP requests answered with a 4xx or 5xx status',
      labelNames: ['endpoint', 'status'],
    }),
  };
}

/** What a route is known to answer. */
export interface KnownAnswers {
  readonly method: string;
  /** Template of the route. */
  readonly endpoint: string;
  readonly statuses: readonly number[];
}

/** Lets the series of these answers begin at zero, before the first request: a rate needs a first value. */
export function beginHttpSeries(known: Iterable<KnownAnswers>): void {
  const { requests, duration, errors } = httpMetrics();
  for (const { method, endpoint, statuses } of known) {
    for (const status of statuses.map(String)) {
      requests.inc({ method, endpoint, status }, 0);
      if (Number(status) >= 400) errors.inc({ endpoint, status }, 0);
    }
    duration.zero({ method, endpoint });
  }
}

/** Why a connection was closed for the limits: it was idle, slow with the headers of a request, or one too many. */
const CLOSING_REASONS = ['idle', 'headers', 'refused'] as const;

/** Counts connections that were closed for the limits; the series begin at zero. */
export function countClosedConnections(): (reason: (typeof CLOSING_REASONS)[number]) => void {
  const closed = counter({
    name: 'http_connections_closed_total',
    help: 'Connections closed to make room for others, or refused',
    labelNames: ['reason'],
  });
  for (const reason of CLOSING_REASONS) closed.inc({ reason }, 0);
  return (reason) => closed.inc({ reason });
}
