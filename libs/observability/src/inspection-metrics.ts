import { counter, gauge, histogram } from './metrics.js';

const SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export interface InspectionMetrics<Lane extends string, Refusal extends string> {
  readonly started: (lane: Lane, waitedSeconds: number) => void;
  readonly ended: (lane: Lane, seconds: number) => void;
  readonly refused: (reason: Refusal) => void;
  readonly withdrawn: () => void;
  readonly preempted: () => void;
}

/**
 * Counts how uploaded photos come to be checked.
 * @param count of photos that wait or are being checked now, asked at each scrape
 */
export function inspectionMetrics<Lane extends string, Refusal extends string>(
  lanes: readonly Lane[],
  refusals: readonly Refusal[],
  count: (lane: Lane, state: 'waiting' | 'running') => number,
): InspectionMetrics<Lane, Refusal> {
  gauge({
    name: 'inspections',
    help: 'Photos that wait to be checked or are being checked now',
    labelNames: ['lane', 'state'],
    collect() {
      for (const lane of lanes) {
        for (const state of ['waiting', 'running'] as const) this.set({ lane, state }, count(lane, state));
      }
    },
  });
  const labelNames = ['lane'];
  const waited = histogram({
    name: 'inspection_wait_seconds',
    help: 'How long photos waited for a process that checks them',
    labelNames,
    buckets: SECONDS,
  });
  const took = histogram({
    name: 'inspection_duration_seconds',
    help: 'How long photos took to be checked',
    labelNames,
    buckets: SECONDS,
  });
  const refusalsTotal = counter({
    name: 'inspection_refusals_total',
    help: 'Photos that were not checked, by the reason',
    labelNames: ['reason'],
  });
  const withdrawals = counter({
    name: 'inspections_withdrawn_total',
    help: 'Checks given up because the client had gone',
  });
  const preemptions = counter({
    name: 'inspections_preempted_total',
    help: 'Checks begun again later because they held up those of others',
  });
  for (const reason of refusals) refusalsTotal.inc({ reason }, 0);
  for (const lane of lanes) for (const metric of [waited, took]) metric.zero({ lane });
  return {
    started: (lane, seconds) => waited.observe({ lane }, seconds),
    ended: (lane, seconds) => took.observe({ lane }, seconds),
    refused: (reason) => refusalsTotal.inc({ reason }),
    withdrawn: () => withdrawals.inc(),
    preempted: () => preemptions.inc(),
  };
}
