import { Processor } from '@nestjs/bullmq';
import { Inject } from '@nestjs/common';
import {
  type PopRenderError,
  type JobContext,
  RenderError,
  type RenderJob,
  type StageTiming,
  timeStage,
  toPopRenderError,
} from '#core';
import { LOGGER, type Logger, RecoveryMetrics, RenderMetrics, Telemetry, withLogFields } from '#observability';
import {
  RenderRepository,
  type FailureReason,
  type Render,
  type RenderClaim,
  type RenderLease,
  type RenderResult,
} from '#persistence';
import { QueueProcessor, RENDERS } from '#queue';
import { AttemptMetrics } from './attempt-metrics.js';
import { LeaseRenewer } from './lease-renewer.js';
import { reportLostWorker } from './lost-worker.js';
import { PrintPublisher } from './print-publisher.js';
import { RENDER_LIMITS, type RenderLimits, RenderRunner } from './render-runner/render-runner.js';

export const WORKER_NAME = Symbol('name of the worker');

type WonClaim = Extract<RenderClaim, { readonly render: Render }>;

/** A render on which this worker has the lease. */
interface ActiveRender {
  readonly render: Render;
  readonly lease: RenderLease;
  readonly renewer: LeaseRenewer;
  readonly attempt: JobContext;
  readonly meter: AttemptMetrics;
  /** Whether a result is, or may be, committed: then its files must be kept. */
  sealed: boolean;
}

/** Handles one delivery of a job: claims the render, runs it, records the outcome. */
@Processor(RENDERS.name)
export class RenderProcessor extends QueueProcessor<RenderJob> {
  constructor(
    private readonly renders: RenderRepository,
    private readonly runner: RenderRunner,
    private readonly publisher: PrintPublisher,
    private readonly metrics: RenderMetrics,
    private readonly recovery: RecoveryMetrics,
    @Inject(RENDER_LIMITS) private readonly limits: RenderLimits,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly telemetry: Telemetry,
    @Inject(WORKER_NAME) private readonly workerName: string,
  ) {
    super();
  }

  /** @throws PopRenderError when the render did not finish or failed; its code decides whether the queue retries */
  override handle(job: RenderJob, attempt: JobContext): Promise<void> {
    const fields = { render_id: job.renderId, request_id: job.requestId };
    return withLogFields(fields, () => this.claim(job, attempt));
  }

  private async claim(job: RenderJob, attempt: JobContext): Promise<void> {
    const startedAt = Date.now();
    const claim = await this.renders.claim(job.renderId, this.limits.leaseMs, this.limits.maxLost);
    if (claim.reclaimed) reportLostWorker(claim.reclaimed, this.recovery, this.logger, this.telemetry);
    if (claim.kind === 'held') throw new RenderError('render_held', 'Another worker holds the render');
    if (claim.kind === 'ended') {
      this.logger.info('Render job skipped: the render has ended');
      return;
    }
    const { render, lease } = claim;
    // A job may have been added by something that knew only the render's id.
    const requestId = render.requestId ?? job.requestId;
    const attributes = {
      'request.id': requestId,
      'render.id': render.id,
      'render.style': render.style.slug,
      'render.attempt': lease.attempt,
      'media.asset.id': render.assetId,
    };
    const parent = render.traceparent ?? job.traceparent;
    const fields = {
      request_id: requestId,
      asset_id: render.assetId,
      style: render.style.slug,
      attempt: lease.attempt,
    };
    await withLogFields(fields, () =>
      this.telemetry.span('render', { kind: 'consumer', parent, attributes, startedAt }, () =>
        this.run(claim, attempt),
      ),
    );
  }

  private async run(claim: WonClaim, attempt: JobContext): Promise<void> {
    const { render, lease, kind } = claim;
    const renewer = new LeaseRenewer(lease, this.limits.leaseMs, this.renders, this.logger);
    const meter = new AttemptMetrics(this.metrics, render, lease);
    const active: ActiveRender = { render, lease, renewer, attempt, meter, sealed: kind === 'publish' };
    try {
      if (kind === 'publish') await this.publish(active, claim.resultToken);
      else await this.render(active);
    } catch (thrown) {
      await renewer.stop();
      await this.recordFailure(active, toPopRenderError(thrown));
    } finally {
      await renewer.stop();
      meter.end();
    }
  }

  private async render(active: ActiveRender): Promise<void> {
    const { render, lease, renewer, attempt } = active;
    this.logger.info({ worker_id: this.workerName }, 'Render job started');
    const result = await this.runner.run(render, lease.token, {
      signal: AbortSignal.any([renewer.signal, attempt.signal]),
      onProgress: (fraction) => renewer.report(fraction),
      onStage: (timing) => this.stageEnded(active, timing),
    });
    // A commit whose response is lost may have succeeded: until that is known, keep the files.
    active.sealed = true;
    active.sealed = await this.renders.commitResult(lease, result);
    if (active.sealed) await this.publish(active, lease.token, result);
    else await this.abandon(active);
  }

  private async publish(active: ActiveRender, resultToken: string, result?: RenderResult): Promise<void> {
    const { lease } = active;
    const published = await timeStage(
      'publish',
      () => this.publisher.publish(lease, resultToken),
      (timing) => this.stageEnded(active, timing),
    );
    if (!published) return this.abandon(active);
    active.meter.completed(result);
    this.logger.info(
      {
        duration_ms: result?.durationMs,
        output_size_bytes: result?.metadata.output_size_bytes,
        preview_size_bytes: result?.metadata.preview_size_bytes,
      },
      'Render job completed successfully',
    );
  }

  private stageEnded({ meter }: ActiveRender, timing: StageTiming): void {
    meter.stageEnded(timing);
    this.telemetry.recordStage(timing);
  }

  private async recordFailure(active: ActiveRender, error: PopRenderError): Promise<void> {
    const { lease, renewer, attempt } = active;
    if (renewer.signal.aborted) return this.abandon(active);
    if (error.code === 'engine_crashed') return this.recordCrash(active, error);
    if (attempt.signal.aborted || error.isRetryable(attempt.number)) {
      return this.finishFailed(active, error, (await this.renders.release(lease)) && 'queued');
    }
    return this.finishFailed(active, error, (await this.renders.fail(lease, failureReason(error))) && 'failed');
  }

  /** The row counts crashes: other errors between them must not make a photo look like poison. */
  private async recordCrash(active: ActiveRender, error: PopRenderError): Promise<void> {
    const end = await this.renders.recordCrash(active.lease, this.limits.maxLost);
    if (end === 'failed') this.recovery.poisonPhoto();
    const cause = error;
    const final = new RenderError('poison_photo', 'The render process died again and again', { cause });
    return this.finishFailed(active, end === 'failed' ? final : error, end ?? false);
  }

  private async finishFailed(
    active: ActiveRender,
    error: PopRenderError,
    end: 'queued' | 'failed' | false,
  ): Promise<void> {
    if (!end) return this.abandon(active);
    await this.discard(active);
    const { render, attempt } = active;
    const style = render.style.slug;
    const fields = { code: error.code, tries: attempt.number, err: error };
    if (end === 'queued') {
      this.logger.warn(fields, 'Render job will be tried again');
    } else {
      active.meter.failed();
      this.logger.error(fields, 'Render job failed');
      this.telemetry.report(error, { component: 'worker', code: error.code, style });
    }
    throw error;
  }

  /** Another worker has the render, or it was canceled. */
  private async abandon(active: ActiveRender): Promise<void> {
    await this.discard(active);
    this.logger.warn('Render given up: it is not this attempt that counts');
  }

  private async discard({ render, lease, sealed }: ActiveRender): Promise<void> {
    if (!sealed) await this.publisher.discard(render.id, lease.token);
  }
}

/** The reason that the client gets: never an internal detail. */
function failureReason(error: PopRenderError): FailureReason {
  const { code } = error;
  if (code === 'internal') return { code, message: 'Rendering failed because of an internal error' };
  const fields = error.details?.map(({ field, message }) => `${field}: ${message}`).join('; ');
  return { code, message: fields ? `${error.message}: ${fields}` : error.message };
}
