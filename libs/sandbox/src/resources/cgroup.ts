import { readFileSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import path from 'node:path';

type ReadFile = (path: string) => string;

const ROOT = '/sys/fs/cgroup';

/** Processors this process may use: those of the machine, or fewer where a control group has a quota. At least 1. */
export function cpuLimit(readFile: ReadFile = readText): number {
  const quotas = groupsAround(readFile).map((group) => cpuVersion2(readFile(`${group}/cpu.max`)));
  const quota = least(quotas) ?? cpuVersion1(readFile);
  const processors = availableParallelism();
  return quota === undefined ? processors : Math.max(1, Math.min(processors, Math.ceil(quota)));
}

/** Bytes that the processes of this control group may use together; undefined when nothing but the machine limits them. */
export function memoryLimit(readFile: ReadFile = readText): number | undefined {
  const limits = groupsAround(readFile).map((group) => memoryBytes(readFile(`${group}/memory.max`)));
  return least(limits) ?? memoryBytes(readFile(`${ROOT}/memory/memory.limit_in_bytes`));
}

/**
 * The control group of this process and those around it, each of which may limit it. In a container the outermost is the
 * container's own; under systemd the limits are those of the unit, further inside.
 */
function groupsAround(readFile: ReadFile): string[] {
  const own = /^0::\/(.*)$/m.exec(readFile('/proc/self/cgroup'))?.[1] ?? '';
  const names = own.split('/').filter((name) => name !== '');
  return [ROOT, ...names.map((_, depth) => path.join(ROOT, ...names.slice(0, depth + 1)))];
}

function least(numbers: readonly (number | undefined)[]): number | undefined {
  const known = numbers.filter((number) => number !== undefined);
  return known.length > 0 ? Math.min(...known) : undefined;
}

/** "max", or in version 1 a number beyond any machine, means no limit. */
function memoryBytes(text: string): number | undefined {
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

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
