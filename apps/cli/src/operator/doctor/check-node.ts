import { fail, type Finding, ok, warn } from './findings.js';

/** The day on which each line gets its last security fix. Source: the release schedule of the Node.js project. */
const LAST_DAYS: Readonly<Record<number, string>> = {
  20: '2026-04-30',
  21: '2024-06-01',
  22: '2027-04-30',
  23: '2025-06-01',
  24: '2028-04-30',
  25: '2026-06-01',
  26: '2029-04-30',
};
const ADVICE = 'Install Node.js 24, which gets security fixes until 2028-04-30';

/**
 * Whether this release of Node.js runs the service and still gets security fixes.
 * @param release such as `24.1.0`
 */
export function checkNode(release: string, now: Date): Finding {
  const [major, minor] = release.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) return fail('node', `v${release} is too old`, ADVICE);
  const lastDay = LAST_DAYS[major] as string | undefined;
  if (lastDay === undefined) return ok('node', `v${release}`);
  if (now.toISOString().slice(0, 10) <= lastDay) return ok('node', `v${release}, security fixes until ${lastDay}`);
  return warn('node', `v${release} has had no security fixes since ${lastDay}`, ADVICE);
}
