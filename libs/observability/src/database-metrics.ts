import { Injectable } from '@nestjs/common';
import {
  DATABASE_ERRORS,
  type DatabaseErrorKind,
  DatabaseObserver,
  type PoolState,
  QUERY_TYPES,
  type QueryType,
} from '#core';
import { counter, gauge, histogram } from './metrics.js';

/** The pools of this process: the embedded profile has one for the API and one for the worker. */
const pools = new Set<() => PoolState>();

/** Tells Prometheus of the database. */
@Injectable()
export class DatabaseMetrics extends DatabaseObserver {
  private readonly duration = histogram({
    name: 'db_query_duration_seconds',
    help: 'Seconds the database took to answer a statement',
    labelNames: ['query_type'],
    buckets: [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1],
  });
  private readonly errors = counter({
    name: 'db_errors_total',
    help: 'Faults of the database: no connection, a refused statement, no answer in time',
    labelNames: ['error_type'],
  });

  constructor() {
    super();
    connectionGauge('active', 'Connections to the database in use or being made');
    connectionGauge('idle', 'Connections to the database that wait for use');
    connectionGauge('max', 'Connections to the database that the pool may hold');
    for (const query_type of QUERY_TYPES) this.duration.zero({ query_type });
    for (const error_type of DATABASE_ERRORS) this.errors.inc({ error_type }, 0);
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

function connectionGauge(kind: keyof PoolState, help: string): void {
  gauge({
    name: `db_connections_${kind}`,
    help,
    collect() {
      this.set([...pools].reduce((sum, state) => sum + state()[kind], 0));
    },
  });
}
