import { type ReclaimedRender, RenderError } from '#core';
import { type Logger, type RecoveryMetrics, type Telemetry, withLogFields } from '#observability';

/** Counts and logs a render whose worker was lost: it is queued again, or has failed with that. */
export function reportLostWorker(
  lost: ReclaimedRender,
  metrics: RecoveryMetrics,
  logger: Logger,
  telemetry: Telemetry,
): void {
  metrics.lostWorker(lost);
  const { id, status, style, requestId } = lost;
  withLogFields({ render_id: id, request_id: requestId, style }, () => {
    logger.warn({ status }, 'The worker of a render was lost');
    if (status !== 'failed') return;
    const error = new RenderError('poison_photo', 'Its worker was lost again and again');
    logger.error({ code: error.code, error: error.message }, 'Render job failed');
    telemetry.report(error, { component: 'worker', code: error.code, style });
  });
}
