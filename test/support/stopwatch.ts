import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';

/**
 * Milliseconds since the machine started in which a task that could go on had to wait for a processor, memory or a disk;
 * undefined where the kernel does not count them.
 */
function stalledMs(): number | undefined {
  try {
    const microseconds = ['cpu', 'memory', 'io'].map((resource) =>
      Number(/^some .*total=(\d+)$/m.exec(readFileSync(`/proc/pressure/${resource}`, 'utf8'))![1]),
    );
    // The kernel gives the mean of the processors; all of the waiting may have been at one of them.
    return (microseconds.reduce((sum, value) => sum + value) / 1000) * cpus().length;
  } catch {
    return undefined;
  }
}

/**
 * Starts a watch that stands still while anything on the machine waits for a resource, so that other programs cannot make
 * it go on: it reads the milliseconds that an answer took where the machine was free. Without the kernel's counts it reads 0.
 */
export function startStopwatch(): () => number {
  const begin = performance.now();
  const stalled = stalledMs();
  return () => (stalled === undefined ? 0 : Math.max(0, performance.now() - begin - (stalledMs()! - stalled)));
}
