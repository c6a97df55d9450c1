import { type ReclaimedRender, RenderError } from '#core';
import { countLostWorker, type Logger, type Telemetry, withLogFields } from '#observability';

/** Counts and tells of a render whose worker was lost: it waits again, or has failed with that. */
export function reportLostWorker(lost: ReclaimedRender, logger: Logger, telemetry: Telemetry): void {
  countLostWorker(lost);
  const { id, status, style, requestId } = lost;
  withLogFields({ render_id: id, request_id: requestId, style }, () => {
    logger.warn({ status }, 'The worker of a render was lost');
    if (status !== 'failed') return;
    const error = new RenderError('poison_photo', 'Its worker was lost again and again');
    logger.error({ code: error.code, error: error.message }, 'Render job failed');
    telemetry.report(error, { component: 'worker', code: error.code, style });
  });
}
