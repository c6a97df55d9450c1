import { counter, gauge } from './metrics.js';

/** What the processes of each pool hold, asked at each scrape. */
const residentMemory = new Map<string, () => number>();

/**
 * Watches the child processes of a pool.
 * @param reasons why one may die
 * @param residentBytes physical memory of all of them
 * @returns to be told of each that dies during its work, and why
 */
export function watchProcesses<Reason extends string>(
  pool: string,
  reasons: readonly Reason[],
  residentBytes: () => number,
): (reason: Reason) => void {
  residentMemory.set(pool, residentBytes);
  gauge({
    name: 'child_processes_resident_memory_bytes',
    help: 'Physical memory of the processes that decode and render',
    labelNames: ['pool'],
    collect() {
      for (const [name, held] of residentMemory) this.set({ pool: name }, held());
    },
  });
  return countDeaths(pool, reasons);
}

/** @returns to be told of each process of a pool that dies during its work, and why */
export function countDeaths<Reason extends string>(pool: string, reasons: readonly Reason[]): (reason: Reason) => void {
  const deaths = counter({
    name: 'child_process_deaths_total',
    help: 'Processes that died at their work, by reason',
    labelNames: ['pool', 'reason'],
  });
  for (const reason of reasons) deaths.inc({ pool, reason }, 0);
  return (reason) => deaths.inc({ pool, reason });
}
