import { Injectable, Module, type Provider } from '@nestjs/common';
import { InjectMetric, makeCounterProvider } from '@willsoto/nestjs-prometheus';
import { Counter } from 'prom-client';
import { collectedGauge } from './collected-gauge.js';

const EXITS = {
  name: 'child_process_deaths_total',
  help: 'Processes that died at their work, by reason',
  labelNames: ['pool', 'reason'],
} as const;

const RESIDENT_MEMORY = collectedGauge({
  name: 'child_processes_resident_memory_bytes',
  help: 'Physical memory of the processes that decode and render',
  labelNames: ['pool'],
});

/** Physical memory of each pool: in the embedded profile those of two applications. */
const residentBytesOf = new Map<string, () => number>();

const METRICS: Provider[] = [
  makeCounterProvider({ ...EXITS, labelNames: [...EXITS.labelNames] }),
  RESIDENT_MEMORY.provider,
];

/** Counts the exits of child processes and measures their memory. */
@Injectable()
export class ChildProcessMetrics {
  constructor(@InjectMetric('child_process_deaths_total') private readonly exits: Counter<'pool' | 'reason'>) {
    RESIDENT_MEMORY.readFrom(async () =>
      [...residentBytesOf].map(([pool, residentBytes]) => ({ labels: { pool }, value: residentBytes() })),
    );
  }

  /**
   * Measures the processes of a pool.
   * @param reasons why one may exit during its work
   * @param residentBytes physical memory of all of them, called at each scrape
   * @returns the function that counts an exit
   */
  observe<Reason extends string>(
    pool: string,
    reasons: readonly Reason[],
    residentBytes: () => number,
  ): (reason: Reason) => void {
    residentBytesOf.set(pool, residentBytes);
    return countExits(this.exits, pool, reasons);
  }
}

/**
 * Counts the exits of the API processes in their supervisor, which has no Nest application to provide the metric.
 * @returns the function that counts an exit
 */
export function countApiProcessExits<Reason extends string>(reasons: readonly Reason[]): (reason: Reason) => void {
  return countExits(new Counter({ ...EXITS, labelNames: [...EXITS.labelNames] }), 'api', reasons);
}

function countExits<Reason extends string>(
  exits: Counter<'pool' | 'reason'>,
  pool: string,
  reasons: readonly Reason[],
): (reason: Reason) => void {
  for (const reason of reasons) exits.inc({ pool, reason }, 0);
  return (reason) => exits.inc({ pool, reason });
}

@Module({ providers: [...METRICS, ChildProcessMetrics], exports: [ChildProcessMetrics] })
export class ChildProcessMetricsModule {}
