import { Injectable, type Provider } from '@nestjs/common';
import {
  DATABASE_ERRORS,
  type DatabaseErrorKind,
  DatabaseObserver,
  type PoolState,
  QUERY_TYPES,
  type QueryType,
} from '#core';
import {
  InjectMetric,
  makeCounterProvider,
  makeGaugeProvider,
  makeHistogramProvider,
} from '@willsoto/nestjs-prometheus';
import type { Counter, Gauge, Histogram } from 'prom-client';

/** The pools of this process: in the embedded profile those of two applications, whose connections are added up. */
const pools = new Set<() => PoolState>();

/** Counts and times the statements of the database, and measures its connections. */
@Injectable()
export class DatabaseMetrics extends DatabaseObserver {
  constructor(
    @InjectMetric('db_query_duration_seconds') private readonly duration: Histogram<'query_type'>,
    @InjectMetric('db_errors_total') private readonly errors: Counter<'error_type'>,
  ) {
    super();
    for (const query_type of QUERY_TYPES) duration.zero({ query_type });
    for (const error_type of DATABASE_ERRORS) errors.inc({ error_type }, 0);
  }

  opened(state: () => PoolState): void {
    pools.add(state);
  }

  queried(query_type: QueryType, seconds: number): void {
    this.duration.observe({ query_type }, seconds);
  }

  failed(error_type: DatabaseErrorKind): void {
    this.errors.inc({ error_type });
  }
}

export const DATABASE_METRICS: Provider[] = [
  makeHistogramProvider({
    name: 'db_query_duration_seconds',
    help: 'Seconds the database took to answer a statement',
    labelNames: ['query_type'],
    buckets: [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1],
  }),
  makeCounterProvider({
    name: 'db_errors_total',
    help: 'Errors of the database: no connection, a refused statement, a timeout',
    labelNames: ['error_type'],
  }),
  connectionGauge('active', 'Connections to the database in use or being made'),
  connectionGauge('idle', 'Connections to the database that wait for use'),
  connectionGauge('max', 'Connections to the database that the pool may hold'),
  { provide: DatabaseObserver, useClass: DatabaseMetrics },
];

function connectionGauge(kind: keyof PoolState, help: string): Provider {
  return makeGaugeProvider({
    name: `db_connections_${kind}`,
    help,
    collect(this: Gauge) {
      this.set([...pools].reduce((sum, state) => sum + state()[kind], 0));
    },
  });
}
