import { readFileSync } from 'node:fs';

/**
 * Physical memory of a process with all its threads. Undefined when it is gone, and on systems without /proc.
 * Reads at once: /proc never waits for a disk, and must not wait for the thread pool.
 */
export function residentBytes(pid: number): number | undefined {
  try {
    // The line counts in kB; statm counts in pages, whose size differs from machine to machine.
    const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
  } catch {
    return undefined;
  }
}
