import { Inject, Injectable } from '@nestjs/common';
import {
  type FailureReason,
  type PopRenderError,
  type Render,
  type RenderAttempt,
  type RenderClaim,
  RenderError,
  type RenderJob,
  type RenderLease,
  type RenderResult,
  RenderStore,
  type StageTiming,
  timeStage,
  toPopRenderError,
} from '#core';
import { countPoison, LOGGER, type Logger, withLogFields } from '#observability';
import { Telemetry } from '#telemetry';
import { AttemptMeter } from './attempt-meter.js';
import { LeaseKeeper } from './lease-keeper.js';
import { reportLostWorker } from './lost-worker.js';
import { PrintPublisher } from './print-publisher.js';
import { RENDER_LIMITS, type RenderLimits, RenderRunner } from './render-runner/render-runner.js';

export const WORKER_NAME = Symbol('name of the worker');

type WonClaim = Extract<RenderClaim, { readonly render: Render }>;

/** A render that this worker holds. */
interface Holding {
  readonly render: Render;
  readonly lease: RenderLease;
  readonly keeper: LeaseKeeper;
  readonly attempt: RenderAttempt;
  readonly meter: AttemptMeter;
  /** Whether a result is, or may be, declared to be the one: its files are wanted then. */
  sealed: boolean;
}

/** Handles one delivery of a job: claims the render, has it run, records how it ended. */
@Injectable()
export class RenderProcessor {
  constructor(
    private readonly renders: RenderStore,
    private readonly runner: RenderRunner,
    private readonly publisher: PrintPublisher,
    @Inject(RENDER_LIMITS) private readonly limits: RenderLimits,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly telemetry: Telemetry,
    @Inject(WORKER_NAME) private readonly workerName: string,
  ) {}

  /** @throws PopRenderError when the render did not come to its end, or failed; the queue acts by its code */
  process(job: RenderJob, attempt: RenderAttempt): Promise<void> {
    const fields = { render_id: job.renderId, request_id: job.requestId };
    return withLogFields(fields, () => this.take(job, attempt));
  }

  private async take(job: RenderJob, attempt: RenderAttempt): Promise<void> {
    const startedAt = Date.now();
    const claim = await this.renders.claim(job.renderId, this.limits.leaseMs, this.limits.maxLost);
    if (claim.reclaimed) reportLostWorker(claim.reclaimed, this.logger, this.telemetry);
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
    const facts = { request_id: requestId, asset_id: render.assetId, style: render.style.slug, attempt: lease.attempt };
    await withLogFields(facts, () =>
      this.telemetry.span('render', { kind: 'consumer', parent, attributes, startedAt }, () =>
        this.handle(claim, attempt),
      ),
    );
  }

  private async handle(claim: WonClaim, attempt: RenderAttempt): Promise<void> {
    const { render, lease, kind } = claim;
    const keeper = new LeaseKeeper(lease, this.limits.leaseMs, this.renders, this.logger);
    const meter = new AttemptMeter(render, lease);
    const holding: Holding = { render, lease, keeper, attempt, meter, sealed: kind === 'publish' };
    try {
      if (kind === 'publish') await this.publish(holding, claim.resultToken);
      else await this.carryOut(holding);
    } catch (thrown) {
      await keeper.stop();
      await this.recordFailure(holding, toPopRenderError(thrown));
    } finally {
      await keeper.stop();
      meter.end();
    }
  }

  private async carryOut(holding: Holding): Promise<void> {
    const { render, lease, keeper, attempt } = holding;
    this.logger.info({ worker_id: this.workerName }, 'Render job started');
    const result = await this.runner.run(render, lease.token, {
      signal: AbortSignal.any([keeper.signal, attempt.signal]),
      onProgress: (fraction) => keeper.report(fraction),
      onStage: (timing) => this.stageEnded(holding, timing),
    });
    // A seal whose answer is lost on the way may hold: until it is known not to, the files may be wanted.
    holding.sealed = true;
    holding.sealed = await this.renders.seal(lease, result);
    if (holding.sealed) await this.publish(holding, lease.token, result);
    else await this.giveUp(holding);
  }

  private async publish(holding: Holding, resultToken: string, result?: RenderResult): Promise<void> {
    const { lease } = holding;
    const published = await timeStage(
      'publish',
      () => this.publisher.publish(lease, resultToken),
      (timing) => this.stageEnded(holding, timing),
    );
    if (!published) return this.giveUp(holding);
    holding.meter.completed(result);
    this.logger.info(
      {
        duration_ms: result?.durationMs,
        output_size_bytes: result?.facts.output_size_bytes,
        preview_size_bytes: result?.facts.preview_size_bytes,
      },
      'Render job completed successfully',
    );
  }

  private stageEnded({ meter }: Holding, timing: StageTiming): void {
    meter.stageEnded(timing);
    this.telemetry.recordStage(timing);
  }

  private async recordFailure(holding: Holding, error: PopRenderError): Promise<void> {
    const { lease, keeper, attempt } = holding;
    if (keeper.signal.aborted) return this.giveUp(holding);
    if (error.code === 'engine_crashed') return this.recordCrash(holding, error);
    if (attempt.signal.aborted || error.isWorthRetrying(attempt.number)) {
      return this.settle(holding, error, (await this.renders.giveBack(lease)) && 'queued');
    }
    return this.settle(holding, error, (await this.renders.fail(lease, failureReason(error))) && 'failed');
  }

  /** Crashes are counted by the row: other faults between them must not make a photo look like poison. */
  private async recordCrash(holding: Holding, error: PopRenderError): Promise<void> {
    const end = await this.renders.loseAttempt(holding.lease, this.limits.maxLost);
    if (end === 'failed') countPoison();
    const cause = error;
    const final = new RenderError('poison_photo', 'The render process died again and again', { cause });
    return this.settle(holding, end === 'failed' ? final : error, end ?? false);
  }

  private async settle(holding: Holding, error: PopRenderError, end: 'queued' | 'failed' | false): Promise<void> {
    if (!end) return this.giveUp(holding);
    await this.discard(holding);
    const { render, attempt } = holding;
    const style = render.style.slug;
    const facts = { code: error.code, tries: attempt.number, err: error };
    if (end === 'queued') {
      this.logger.warn(facts, 'Render job will be tried again');
    } else {
      holding.meter.failed();
      this.logger.error(facts, 'Render job failed');
      this.telemetry.report(error, { component: 'worker', code: error.code, style });
    }
    throw error;
  }

  /** The render is another worker's, or wanted no more. */
  private async giveUp(holding: Holding): Promise<void> {
    await this.discard(holding);
    this.logger.warn('Render given up: it is not this attempt that counts');
  }

  private async discard({ render, lease, sealed }: Holding): Promise<void> {
    if (!sealed) await this.publisher.discard(render.id, lease.token);
  }
}

/** What the client reads: never an inner detail. */
function failureReason(error: PopRenderError): FailureReason {
  const { code } = error;
  if (code === 'internal') return { code, message: 'Rendering failed because of an internal error' };
  const fields = error.details?.map(({ field, message }) => `${field}: ${message}`).join('; ');
  return { code, message: fields ? `${error.message}: ${fields}` : error.message };
}
