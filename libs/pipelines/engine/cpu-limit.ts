import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

/** Processors this process may use: those of the machine, or fewer where its control group has a quota. At least 1. */
export function cpuLimit(readFile: (path: string) => string = readText): number {
  const quota = version2(readFile('/sys/fs/cgroup/cpu.max')) ?? version1(readFile);
  const processors = availableParallelism();
  return quota === undefined ? processors : Math.max(1, Math.min(processors, Math.ceil(quota)));
}

/** "max 100000" or "150000 100000": microseconds of each period. */
function version2(text: string): number | undefined {
  const [quota, period] = text.trim().split(' ').map(Number);
  return quota > 0 && period > 0 ? quota / period : undefined;
}

function version1(readFile: (path: string) => string): number | undefined {
  const quota = Number(readFile('/sys/fs/cgroup/cpu/cpu.cfs_quota_us'));
  const period = Number(readFile('/sys/fs/cgroup/cpu/cpu.cfs_period_us'));
  return quota > 0 && period > 0 ? quota / period : undefined;
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
