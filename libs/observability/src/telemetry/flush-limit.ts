import { setTimeout as sleep } from 'node:timers/promises';

/** What telemetry may take at the end of a process. */
const FLUSH_MS = 900;

/** Resolves with the work, however it ends, or when there is no more time for it. */
export async function withinFlushLimit(work: Promise<unknown>): Promise<void> {
  // What could not be sent was told as the fault of its server.
  const settled = work.catch(() => undefined);
  await Promise.race([settled, sleep(FLUSH_MS, undefined, { ref: false })]);
}
