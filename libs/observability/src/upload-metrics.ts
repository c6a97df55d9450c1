import { Injectable, Module, type Provider } from '@nestjs/common';
import type { ErrorCode } from '#core';
import { InjectMetric, makeCounterProvider, makeGaugeProvider } from '@willsoto/nestjs-prometheus';
import type { Counter, Gauge } from 'prom-client';
import { SERVICE } from './service-name.js';

/** Why an upload is rejected. Errors of our servers are no rejections: `http_errors_total` counts them. */
export const REJECTION_REASONS = [
  'invalid_request',
  'unsupported_format',
  'corrupt_photo',
  'photo_too_complex',
  'photo_too_large',
  'payload_too_large',
  'unsupported_encoding',
  'request_timeout',
  'too_many_requests',
  'overloaded',
  'storage_full',
] as const satisfies readonly ErrorCode[];

const METRICS: Provider[] = [
  makeCounterProvider({
    name: 'upload_rejections_total',
    help: 'Uploads refused, by the code of the refusal',
    labelNames: ['reason'],
  }),
  makeGaugeProvider({ name: 'uploads_in_progress', help: 'Uploads being received or checked now' }),
  makeCounterProvider({
    name: 'upload_evictions_total',
    help: 'Uploads that gave way to others because all slots were taken',
  }),
  makeGaugeProvider({
    name: 'render_queue_limit',
    help: 'Renders that may wait in the queue; 0 for any number',
    labelNames: ['service'],
    aggregator: 'max',
  }),
];

@Injectable()
export class UploadMetrics {
  constructor(
    @InjectMetric('upload_rejections_total') readonly rejections: Counter<'reason'>,
    @InjectMetric('uploads_in_progress') readonly inProgress: Gauge,
    /** Evicted uploads; their rejections are counted too. */
    @InjectMetric('upload_evictions_total') readonly evictions: Counter,
    @InjectMetric('render_queue_limit') private readonly queueLimit: Gauge<'service'>,
  ) {
    for (const reason of REJECTION_REASONS) rejections.inc({ reason }, 0);
  }

  /** @param renders that may wait; 0 for any number */
  setQueueLimit(renders: number): void {
    this.queueLimit.set({ service: SERVICE }, renders);
  }
}

@Module({ providers: [...METRICS, UploadMetrics], exports: [UploadMetrics] })
export class UploadMetricsModule {}
