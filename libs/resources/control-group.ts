import { readFileSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';

type ReadFile = (path: string) => string;

/** Processors this process may use: those of the machine, or fewer where its control group has a quota. At least 1. */
export function cpuLimit(readFile: ReadFile = readText): number {
  const quota = cpuVersion2(readFile('/sys/fs/cgroup/cpu.max')) ?? cpuVersion1(readFile);
  const processors = availableParallelism();
  return quota === undefined ? processors : Math.max(1, Math.min(processors, Math.ceil(quota)));
}

/** Bytes that the processes of this control group may use together; undefined when nothing but the machine limits them. */
export function memoryLimit(readFile: ReadFile = readText): number | undefined {
  const text = readFile('/sys/fs/cgroup/memory.max') || readFile('/sys/fs/cgroup/memory/memory.limit_in_bytes');
  // "max", or in version 1 a number beyond any machine, means no limit.
  const bytes = Number(text.trim());
  return bytes > 0 && bytes < totalmem() ? bytes : undefined;
}

/** "max 100000" or "150000 100000": microseconds of each period. */
function cpuVersion2(text: string): number | undefined {
  const [quota, period] = text.trim().split(' ').map(Number);
  return quota > 0 && period > 0 ? quota / period : undefined;
}

function cpuVersion1(readFile: ReadFile): number | undefined {
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
