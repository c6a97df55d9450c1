import { Injectable, type Provider } from '@nestjs/common';
import { STORAGE_OPERATIONS, type StorageOperation, StorageObserver } from '#core';
import { InjectMetric, makeCounterProvider, makeHistogramProvider } from '@willsoto/nestjs-prometheus';
import type { Counter, Histogram } from 'prom-client';

/** Counts and times the operations of the object store. */
@Injectable()
export class StorageMetrics extends StorageObserver {
  constructor(
    @InjectMetric('storage_operations_total') private readonly operations: Counter<'operation' | 'status'>,
    @InjectMetric('storage_operation_duration_seconds') private readonly duration: Histogram<'operation'>,
    @InjectMetric('storage_bytes_transferred') private readonly bytes: Counter<'direction'>,
  ) {
    super();
    for (const operation of STORAGE_OPERATIONS) {
      for (const status of ['success', 'failure']) operations.inc({ operation, status }, 0);
      duration.zero({ operation });
    }
    for (const direction of ['upload', 'download']) bytes.inc({ direction }, 0);
  }

  ended(operation: StorageOperation, status: 'success' | 'failure', seconds: number): void {
    this.operations.inc({ operation, status });
    this.duration.observe({ operation }, seconds);
  }

  transferred(direction: 'upload' | 'download', bytes: number): void {
    this.bytes.inc({ direction }, bytes);
  }
}

export const STORAGE_METRICS: Provider[] = [
  makeCounterProvider({
    name: 'storage_operations_total',
    help: 'Uploads to the object store, downloads from it and deletions, by outcome',
    labelNames: ['operation', 'status'],
  }),
  makeHistogramProvider({
    name: 'storage_operation_duration_seconds',
    help: 'Seconds an upload, download or deletion took with all its attempts, whatever its outcome',
    labelNames: ['operation'],
    buckets: [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
  }),
  makeCounterProvider({
    name: 'storage_bytes_transferred',
    help: 'Bytes sent to the object store and received from it',
    labelNames: ['direction'],
  }),
  { provide: StorageObserver, useClass: StorageMetrics },
];
