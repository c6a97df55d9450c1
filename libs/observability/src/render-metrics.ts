import { RENDER_STAGES, type ReclaimedRender } from '#core';
import type { Counter, Gauge, Histogram } from 'prom-client';
import { counter, gauge, histogram, SERVICE } from './metrics.js';
import { cachedFor } from './collected-gauge.js';

export interface RenderMetrics {
  readonly jobs: Counter<'status' | 'style' | 'service'>;
  readonly duration: Histogram<'style' | 'service'>;
  readonly queueWait: Histogram<'style' | 'service'>;
  readonly turnaround: Histogram<'style' | 'service'>;
  readonly stageDuration: Histogram<'stage' | 'style'>;
  readonly speed: Histogram<'style'>;
  readonly inProgress: Gauge;
  readonly stalled: Counter<'service'>;
}

export function renderMetrics(): RenderMetrics {
  return {
    jobs: counter({
      name: 'render_jobs_total',
      help: 'Renders that ended, by outcome',
      labelNames: ['status', 'style', 'service'],
      async collect() {
        for (const style of await knownStyles().catch(() => [])) beginSeries(style);
      },
    }),
    duration: histogram({
      name: 'render_duration_seconds',
      help: 'Seconds a completed render took in the worker',
      labelNames: ['style', 'service'],
      buckets: [1, 5, 10, 30, 60, 120],
    }),
    queueWait: histogram({
      name: 'render_queue_wait_seconds',
      help: 'Seconds from the acceptance of a render until a worker first took it up',
      labelNames: ['style', 'service'],
      buckets: [0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600],
    }),
    turnaround: histogram({
      name: 'render_turnaround_seconds',
      help: 'Seconds from the acceptance of a render, or its last requeueing, to its completion',
      labelNames: ['style', 'service'],
      buckets: [1, 2.5, 5, 10, 20, 30, 45, 60, 120, 300, 600, 1800, 3600],
    }),
    stageDuration: histogram({
      name: 'render_stage_duration_seconds',
      help: `Seconds a stage of a render took (${RENDER_STAGES.join(', ')}), of those that went well`,
      labelNames: ['stage', 'style'],
      buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600],
    }),
    speed: histogram({
      name: 'render_megapixels_per_second',
      help: 'Megapixels of the print for each second of decoding, analysing and painting',
      labelNames: ['style'],
      buckets: [0.5, 1, 2, 4, 6, 8, 12, 16, 24, 32, 48, 64],
    }),
    inProgress: gauge({ name: 'renders_in_progress', help: 'Renders being processed now' }),
    stalled: counter({
      name: 'renders_stalled_total',
      help: 'Attempts at a render that were lost with their worker',
      labelNames: ['service'],
    }),
  };
}

const KEEP_STYLES_MS = 10_000;

/** The styles on offer, once somebody can tell. */
let knownStyles = async (): Promise<readonly string[]> => [];
/** Styles whose series are there. */
const begun = new Set<string>();

/** Lets the series of a style begin at zero, before anything is counted in them: a rate needs a first value. */
export function beginSeries(style: string): void {
  if (begun.has(style)) return;
  begun.add(style);
  const { jobs, duration, queueWait, turnaround } = renderMetrics();
  for (const status of ['completed', 'failed']) jobs.inc({ status, style, service: SERVICE }, 0);
  for (const times of [duration, queueWait, turnaround]) times.zero({ style, service: SERVICE });
}

/** Sees to it that every style has its series, also the one that nobody has ordered yet. */
export class RenderSeries {
  constructor(catalogue: { listStyles(): Promise<readonly { readonly slug: string }[]> }) {
    const listed = cachedFor(() => catalogue.listStyles(), KEEP_STYLES_MS);
    knownStyles = async () => (await listed()).map(({ slug }) => slug);
  }
}

/** Counts a render whose worker was lost; so often lost, it may have ended with that. */
export function countLostWorker({ status, style }: ReclaimedRender): void {
  const { jobs, stalled } = renderMetrics();
  stalled.inc({ service: SERVICE });
  reconcilerMetrics().reconciled.inc({ action: status === 'failed' ? 'failed' : 'reclaimed', service: SERVICE });
  if (status === 'failed') jobs.inc({ status, style, service: SERVICE });
}

/** Counts a render that has failed because its render process died again and again, its worker did not. */
export function countPoison(): void {
  reconcilerMetrics().reconciled.inc({ action: 'failed', service: SERVICE });
}

export interface ReconcilerMetrics {
  readonly reconciled: Counter<'action' | 'service'>;
  readonly orphansRemoved: Counter<'service'>;
}

export function reconcilerMetrics(): ReconcilerMetrics {
  const metrics = {
    reconciled: counter({
      name: 'renders_reconciled_total',
      help: 'Renders put right after a loss: reclaimed from a lost worker, failed after too many, or queued again',
      labelNames: ['action', 'service'],
    }),
    orphansRemoved: counter({
      name: 'orphan_objects_removed_total',
      help: 'Stored objects removed because no render or upload names them',
      labelNames: ['service'],
    }),
  };
  for (const action of ['reclaimed', 'failed', 'requeued']) metrics.reconciled.inc({ action, service: SERVICE }, 0);
  for (const metric of [metrics.orphansRemoved, renderMetrics().stalled]) metric.inc({ service: SERVICE }, 0);
  return metrics;
}
