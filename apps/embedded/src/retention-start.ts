import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** Between the first start that logs it and the first removal. */
const NOTICE_DAYS = 7;
const DAY_MS = 24 * 3600 * 1000;
const FILE = 'retention.json';

/**
 * When this installation may begin to remove what is older than its retention: a week after the first start with one,
 * which is noted in its home.
 */
export function retentionNotBefore(home: string, now = Date.now()): Date {
  const file = path.join(home, FILE);
  let startedAt = readStart(file);
  if (startedAt === undefined) {
    startedAt = now;
    writeFileSync(file, JSON.stringify({ startedAt: new Date(now).toISOString() }), { mode: 0o600 });
  }
  return new Date(startedAt + NOTICE_DAYS * DAY_MS);
}

/** What is logged for the owner at each start. */
export function retentionNotice(days: number, notBefore: Date | undefined, now = Date.now()): string {
  if (days === 0) return 'Prints and photos are kept for ever (RETENTION_DAYS=0)';
  const kept = `Prints and their photos are kept for ${days} days, then removed (RETENTION_DAYS; 0 keeps them for ever)`;
  const isWaiting = notBefore !== undefined && now < notBefore.getTime();
  return isWaiting ? `${kept}; nothing is removed before ${notBefore.toISOString().slice(0, 10)}` : kept;
}

function readStart(file: string): number | undefined {
  try {
    const { startedAt } = JSON.parse(readFileSync(file, 'utf8')) as { startedAt?: string };
    const time = Date.parse(startedAt ?? '');
    return Number.isNaN(time) ? undefined : time;
  } catch {
    // None yet, or damaged: the notice begins anew.
    return undefined;
  }
}
