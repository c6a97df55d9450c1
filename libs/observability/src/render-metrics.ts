import { Injectable, Module, type Provider } from '@nestjs/common';
import { RENDER_STAGES, type ReclaimedRender } from '#core';
import {
  InjectMetric,
  makeCounterProvider,
  makeGaugeProvider,
  makeHistogramProvider,
} from '@willsoto/nestjs-prometheus';
import type { Counter, Gauge, Histogram } from 'prom-client';
import { cachedFor } from './collected-gauge.js';
import { SERVICE } from './service-name.js';

const CACHE_STYLES_MS = 10_000;

/** Creates the series of styles that were added since the last scrape; set by the newest {@link RenderSeries}. */
let createSeries = async (): Promise<void> => undefined;

/** Styles whose series exist in the registry of this process: to initialize a histogram again would reset it. */
const initialized = new Set<string>();

const METRICS: Provider[] = [
  makeCounterProvider({
    name: 'render_jobs_total',
    help: 'Renders that ended, by outcome',
    labelNames: ['status', 'style', 'service'],
    async collect() {
      await createSeries().catch(() => undefined);
    },
  }),
  makeHistogramProvider({
    name: 'render_duration_seconds',
    help: 'Seconds a completed render took in the worker',
    labelNames: ['style', 'service'],
    buckets: [1, 5, 10, 30, 60, 120],
  }),
  makeHistogramProvider({
    name: 'render_queue_wait_seconds',
    help: 'Seconds from the acceptance of a render until a worker first claimed it',
    labelNames: ['style', 'service'],
    buckets: [0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600],
  }),
  makeHistogramProvider({
    name: 'render_turnaround_seconds',
    help: 'Seconds from the acceptance of a render, or its last requeueing, to its completion',
    labelNames: ['style', 'service'],
    buckets: [1, 2.5, 5, 10, 20, 30, 45, 60, 120, 300, 600, 1800, 3600],
  }),
  makeHistogramProvider({
    name: 'render_stage_duration_seconds',
    help: `Seconds a stage of a render took (${RENDER_STAGES.join(', ')}), of those that succeeded`,
    labelNames: ['stage', 'style'],
    buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600],
  }),
  makeHistogramProvider({
    name: 'render_megapixels_per_second',
    help: 'Megapixels of the print for each second of decoding, analyzing and painting',
    labelNames: ['style'],
    buckets: [0.5, 1, 2, 4, 6, 8, 12, 16, 24, 32, 48, 64],
  }),
  makeGaugeProvider({ name: 'renders_in_progress', help: 'Renders being processed now' }),
  makeCounterProvider({
    name: 'renders_stalled_total',
    help: 'Attempts at a render that were lost with their worker',
    labelNames: ['service'],
  }),
  makeCounterProvider({
    name: 'renders_reconciled_total',
    help: 'Renders recovered after a loss: reclaimed from a lost worker, failed after too many, or queued again',
    labelNames: ['action', 'service'],
  }),
  makeCounterProvider({
    name: 'orphan_objects_removed_total',
    help: 'Stored objects removed because no render or upload references them',
    labelNames: ['service'],
  }),
];

/** Counts and times renders. */
@Injectable()
export class RenderMetrics {
  constructor(
    @InjectMetric('render_jobs_total') readonly jobs: Counter<'status' | 'style' | 'service'>,
    @InjectMetric('render_duration_seconds') readonly duration: Histogram<'style' | 'service'>,
    @InjectMetric('render_queue_wait_seconds') readonly queueWait: Histogram<'style' | 'service'>,
    @InjectMetric('render_turnaround_seconds') readonly turnaround: Histogram<'style' | 'service'>,
    @InjectMetric('render_stage_duration_seconds') readonly stageDuration: Histogram<'stage' | 'style'>,
    @InjectMetric('render_megapixels_per_second') readonly speed: Histogram<'style'>,
    @InjectMetric('renders_in_progress') readonly inProgress: Gauge,
  ) {}

  /** Creates the series of a style at zero, before anything is counted in them: a rate needs a first value. */
  initialize(style: string): void {
    if (initialized.has(style)) return;
    initialized.add(style);
    for (const status of ['completed', 'failed']) this.jobs.inc({ status, style, service: SERVICE }, 0);
    for (const times of [this.duration, this.queueWait, this.turnaround]) times.zero({ style, service: SERVICE });
  }
}

/** Counts renders that were recovered after a loss, and orphans that were removed. */
@Injectable()
export class RecoveryMetrics {
  constructor(
    private readonly renders: RenderMetrics,
    @InjectMetric('renders_stalled_total') private readonly stalled: Counter<'service'>,
    @InjectMetric('renders_reconciled_total') private readonly reconciled: Counter<'action' | 'service'>,
    @InjectMetric('orphan_objects_removed_total') private readonly orphansRemoved: Counter<'service'>,
  ) {
    for (const action of ['reclaimed', 'failed', 'requeued']) reconciled.inc({ action, service: SERVICE }, 0);
    for (const metric of [orphansRemoved, stalled]) metric.inc({ service: SERVICE }, 0);
  }

  /** Counts a render whose worker was lost. One that has lost too many has failed with that. */
  lostWorker({ status, style }: ReclaimedRender): void {
    this.stalled.inc({ service: SERVICE });
    this.reconciled.inc({ action: status === 'failed' ? 'failed' : 'reclaimed', service: SERVICE });
    if (status === 'failed') this.renders.jobs.inc({ status, style, service: SERVICE });
  }

  /** Counts a render that has failed because its render process, not its worker, crashed too many times. */
  poisonPhoto(): void {
    this.reconciled.inc({ action: 'failed', service: SERVICE });
  }

  requeued(renders: number): void {
    this.reconciled.inc({ action: 'requeued', service: SERVICE }, renders);
  }

  orphanRemoved(): void {
    this.orphansRemoved.inc({ service: SERVICE });
  }
}

/** Creates the series of every style in the catalogue, also of those that were never ordered. */
export class RenderSeries {
  constructor(catalogue: { listStyles(): Promise<readonly { readonly slug: string }[]> }, metrics: RenderMetrics) {
    const listStyles = cachedFor(() => catalogue.listStyles(), CACHE_STYLES_MS);
    createSeries = async () => {
      for (const { slug } of await listStyles()) metrics.initialize(slug);
    };
  }
}

@Module({ providers: [...METRICS, RenderMetrics, RecoveryMetrics], exports: [RenderMetrics, RecoveryMetrics] })
export class RenderMetricsModule {}
