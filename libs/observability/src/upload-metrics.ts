import type { ErrorCode } from '#core';
import type { Counter, Gauge } from 'prom-client';
import { counter, gauge } from './metrics.js';

/** Why a photo is not taken; what goes wrong with our servers is no refusal, and counted with the answers. */
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

export interface UploadMetrics {
  readonly rejections: Counter<'reason'>;
  readonly inProgress: Gauge;
  /** Uploads that gave way to others; their refusals are counted too. */
  readonly evictions: Counter;
}

export function uploadMetrics(): UploadMetrics {
  const rejections = counter({
    name: 'upload_rejections_total',
    help: 'Uploads refused, by the code of the refusal',
    labelNames: ['reason'],
  });
  for (const reason of REJECTION_REASONS) rejections.inc({ reason }, 0);
  return {
    rejections,
    inProgress: gauge({ name: 'uploads_in_progress', help: 'Uploads being received or checked now' }),
    evictions: counter({
      name: 'upload_evictions_total',
      help: 'Uploads that gave way to others because all slots were taken',
    }),
  };
}
