import { Injectable } from '@nestjs/common';
import { STORAGE_OPERATIONS, type StorageOperation, StorageObserver } from '#core';
import { counter, histogram } from './metrics.js';

/** Tells Prometheus of the object store. */
@Injectable()
export class StorageMetrics extends StorageObserver {
  private readonly operations = counter({
    name: 'storage_operations_total',
    help: 'Uploads to the object store, downloads from it and deletions, by outcome',
    labelNames: ['operation', 'status'],
  });
  private readonly duration = histogram({
    name: 'storage_operation_duration_seconds',
    help: 'Seconds an upload, download or deletion took with all its tries, however it ended',
    labelNames: ['operation'],
    buckets: [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
  });
  private readonly bytes = counter({
    name: 'storage_bytes_transferred',
    help: 'Bytes sent to the object store and received from it',
    labelNames: ['direction'],
  });

  constructor() {
    super();
    for (const operation of STORAGE_OPERATIONS) {
      for (const status of ['success', 'failure']) this.operations.inc({ operation, status }, 0);
      this.duration.zero({ operation });
    }
    for (const direction of ['upload', 'download']) this.bytes.inc({ direction }, 0);
  }

  ended(operation: StorageOperation, status: 'success' | 'failure', seconds: number): void {
    this.operations.inc({ operation, status });
    this.duration.observe({ operation }, seconds);
  }

  transferred(direction: 'upload' | 'download', bytes: number): void {
    this.bytes.inc({ direction }, bytes);
  }
}
