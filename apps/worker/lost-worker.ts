import type { ReclaimedRender } from '#core';
import { countLostWorker, type Logger } from '#observability';

const POISON = 'Its worker was lost again and again';

/** Counts and tells of a render whose worker was lost: it waits again, or has failed with that. */
export function reportLostWorker(lost: ReclaimedRender, logger: Logger): void {
  countLostWorker(lost);
  const { id, status, style, requestId } = lost;
  const facts = { render_id: id, request_id: requestId, style };
  logger.warn({ ...facts, status }, 'The worker of a render was lost');
  if (status === 'failed') logger.error({ ...facts, code: 'poison_photo', error: POISON }, 'Render job failed');
}
