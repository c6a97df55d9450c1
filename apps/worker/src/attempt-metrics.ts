import type { StageTiming } from '#core';
import { type RenderMetrics, SERVICE } from '#observability';
import type { Render, RenderLease, RenderResult } from '#persistence';

/** Stages that are the engine's work. */
const ENGINE: ReadonlySet<string> = new Set(['decode', 'analyse', 'paint'] satisfies StageTiming['stage'][]);

/** Measures one attempt at a render, from its claim until {@link end}, which must be called after a failure too. */
export class AttemptMetrics {
  private readonly claimedAt = performance.now();
  private readonly labels: { style: string; service: string };
  /** From the acceptance, or the last requeueing by an operator, to the claim; by the clock of the database alone. */
  private readonly waitedSeconds: number;
  private engineSeconds = 0;

  constructor(
    private readonly metrics: RenderMetrics,
    { style, createdAt, requeuedAt, startedAt }: Render,
    { attempt }: RenderLease,
  ) {
    this.labels = { style: style.slug, service: SERVICE };
    this.waitedSeconds = startedAt ? (startedAt.getTime() - (requeuedAt ?? createdAt).getTime()) / 1000 : 0;
    metrics.initialize(style.slug);
    this.metrics.inProgress.inc();
    if (attempt === 1) this.metrics.queueWait.observe(this.labels, this.waitedSeconds);
  }

  stageEnded({ stage, durationMs, failed }: StageTiming): void {
    if (failed) return;
    const seconds = durationMs / 1000;
    this.metrics.stageDuration.observe({ stage, style: this.labels.style }, seconds);
    if (ENGINE.has(stage)) this.engineSeconds += seconds;
  }

  /** @param result of this attempt; undefined when it only published that of a previous one */
  completed(result?: RenderResult): void {
    const { style } = this.labels;
    this.metrics.jobs.inc({ status: 'completed', ...this.labels });
    this.metrics.turnaround.observe(this.labels, this.waitedSeconds + (performance.now() - this.claimedAt) / 1000);
    if (!result) return;
    this.metrics.duration.observe(this.labels, result.durationMs / 1000);
    if (this.engineSeconds === 0) return;
    const megapixels = (result.file.widthPx * result.file.heightPx) / 1e6;
    this.metrics.speed.observe({ style }, megapixels / this.engineSeconds);
  }

  failed(): void {
    this.metrics.jobs.inc({ status: 'failed', ...this.labels });
  }

  end(): void {
    this.metrics.inProgress.dec();
  }
}
