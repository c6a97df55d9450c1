import { Injectable, Module, type Provider } from '@nestjs/common';
import { InjectMetric, makeCounterProvider, makeHistogramProvider } from '@willsoto/nestjs-prometheus';
import type { Counter, Histogram } from 'prom-client';
import { collectedGauge } from './collected-gauge.js';

const BUCKETS_SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const STATES = ['waiting', 'running'] as const;

const INSPECTIONS = collectedGauge({
  name: 'inspections',
  help: 'Photos that wait to be checked or are being checked now',
  labelNames: ['lane', 'state'],
});

const METRICS: Provider[] = [
  INSPECTIONS.provider,
  makeHistogramProvider({
    name: 'inspection_wait_seconds',
    help: 'How long photos waited for a process that checks them',
    labelNames: ['lane'],
    buckets: BUCKETS_SECONDS,
  }),
  makeHistogramProvider({
    name: 'inspection_duration_seconds',
    help: 'How long photos took to be checked',
    labelNames: ['lane'],
    buckets: BUCKETS_SECONDS,
  }),
  makeCounterProvider({
    name: 'inspection_refusals_total',
    help: 'Photos that were not checked, by the reason',
    labelNames: ['reason'],
  }),
  makeCounterProvider({
    name: 'inspections_withdrawn_total',
    help: 'Checks given up because the client had gone',
  }),
  makeCounterProvider({
    name: 'inspections_preempted_total',
    help: 'Checks begun again later because they held up those of others',
  }),
];

/** Counts and times how uploaded photos are checked. */
@Injectable()
export class InspectionMetrics {
  constructor(
    @InjectMetric('inspection_wait_seconds') private readonly wait: Histogram<'lane'>,
    @InjectMetric('inspection_duration_seconds') private readonly duration: Histogram<'lane'>,
    @InjectMetric('inspection_refusals_total') private readonly refusals: Counter<'reason'>,
    @InjectMetric('inspections_withdrawn_total') private readonly withdrawals: Counter,
    @InjectMetric('inspections_preempted_total') private readonly preemptions: Counter,
  ) {}

  /**
   * Creates the series of the lanes and refusals at zero.
   * @param count of photos that wait or are being checked, called at each scrape
   */
  initialize<Lane extends string>(
    lanes: readonly Lane[],
    refusals: readonly string[],
    count: (lane: Lane, state: (typeof STATES)[number]) => number,
  ): void {
    INSPECTIONS.readFrom(async () =>
      lanes.flatMap((lane) => STATES.map((state) => ({ labels: { lane, state }, value: count(lane, state) }))),
    );
    for (const reason of refusals) this.refusals.inc({ reason }, 0);
    for (const lane of lanes) for (const metric of [this.wait, this.duration]) metric.zero({ lane });
  }

  started(lane: string, waitedSeconds: number): void {
    this.wait.observe({ lane }, waitedSeconds);
  }

  ended(lane: string, seconds: number): void {
    this.duration.observe({ lane }, seconds);
  }

  refused(reason: string): void {
    this.refusals.inc({ reason });
  }

  withdrawn(): void {
    this.withdrawals.inc();
  }

  preempted(): void {
    this.preemptions.inc();
  }
}

@Module({ providers: [...METRICS, InspectionMetrics], exports: [InspectionMetrics] })
export class InspectionMetricsModule {}
