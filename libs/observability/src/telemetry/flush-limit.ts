import { setTimeout as sleep } from 'node:timers/promises';

/** Limit of flushing telemetry when the process exits. */
const FLUSH_MS = 900;

/** Resolves when the work succeeds, fails or exceeds the limit. */
export async function withinFlushLimit(work: Promise<unknown>): Promise<void> {
  // The outage log has the reason.
  const settled = work.catch(() => undefined);
  await Promise.race([settled, sleep(FLUSH_MS, undefined, { ref: false })]);
}
