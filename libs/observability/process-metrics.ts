import { Counter, Gauge } from 'prom-client';
import { once } from './metrics.js';

/** What the processes of each pool hold, asked at each scrape. */
const residentMemory = new Map<string, () => number>();

/**
 * Watches the child processes of a pool.
 * @param residentBytes physical memory of all of them
 * @returns to be told of each that dies during its work, and why
 */
export function watchProcesses(pool: string, residentBytes: () => number): (reason: string) => void {
  residentMemory.set(pool, residentBytes);
  once(
    'child_processes_resident_memory_bytes',
    () =>
      new Gauge({
        name: 'child_processes_resident_memory_bytes',
        help: 'Physical memory of the processes that decode and render',
        labelNames: ['pool'] as const,
        collect() {
          for (const [name, held] of residentMemory) this.set({ pool: name }, held());
        },
      }),
  );
  const deaths = once(
    'child_process_deaths_total',
    () =>
      new Counter({
        name: 'child_process_deaths_total',
        help: 'Processes that died while they decoded or rendered, by reason',
        labelNames: ['pool', 'reason'] as const,
      }),
  );
  return (reason) => deaths.inc({ pool, reason });
}
