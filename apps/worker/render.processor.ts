import { Inject, Injectable } from '@nestjs/common';
import {
  type FailureReason,
  type PopRenderError,
  type Render,
  type RenderAttempt,
  RenderError,
  type RenderJob,
  type RenderLease,
  type RenderResult,
  RenderStore,
  toPopRenderError,
} from '#core';
import { LOGGER, type Logger, renderMetrics, SERVICE } from '#observability';
import { LeaseKeeper } from './lease-keeper.js';
import { PrintPublisher } from './print-publisher.js';
import { RENDER_LIMITS, type RenderLimits, RenderRunner } from './render-runner/render-runner.js';

export const WORKER_NAME = Symbol('name of the worker');

/** A render that this worker holds. */
interface Holding {
  readonly render: Render;
  readonly lease: RenderLease;
  readonly keeper: LeaseKeeper;
  readonly attempt: RenderAttempt;
  /** Whether a result is, or may be, declared to be the one: its files are wanted then. */
  sealed: boolean;
}

/** Handles one delivery of a job: claims the render, has it run, records how it ended. */
@Injectable()
export class RenderProcessor {
  private readonly metrics = renderMetrics();

  constructor(
    private readonly renders: RenderStore,
    private readonly runner: RenderRunner,
    private readonly publisher: PrintPublisher,
    @Inject(RENDER_LIMITS) private readonly limits: RenderLimits,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(WORKER_NAME) private readonly workerName: string,
  ) {}

  /** @throws PopRenderError when the render did not come to its end, or failed; the queue acts by its code */
  async process(job: RenderJob, attempt: RenderAttempt): Promise<void> {
    const claim = await this.renders.claim(job.renderId, this.limits.leaseMs, this.limits.maxLost);
    if (claim.kind === 'held') throw new RenderError('render_held', 'Another worker holds the render');
    if (claim.kind === 'ended') {
      this.logger.info({ render_id: job.renderId }, 'Render job skipped: the render has ended');
      return;
    }
    const { render, lease, kind } = claim;
    const keeper = new LeaseKeeper(lease, this.limits.leaseMs, this.renders, this.logger);
    const holding: Holding = { render, lease, keeper, attempt, sealed: kind === 'publish' };
    this.metrics.inProgress.inc();
    try {
      if (kind === 'publish') await this.publish(holding, claim.resultToken);
      else await this.carryOut(holding);
    } catch (thrown) {
      await keeper.stop();
      await this.recordFailure(holding, toPopRenderError(thrown));
    } finally {
      await keeper.stop();
      this.metrics.inProgress.dec();
    }
  }

  private async carryOut(holding: Holding): Promise<void> {
    const { render, lease, keeper, attempt } = holding;
    const facts = { render_id: render.id, style: render.style.slug };
    this.logger.info({ ...facts, worker_id: this.workerName, attempt: lease.attempt }, 'Render job started');
    const result = await this.runner.run(render, lease.token, {
      signal: AbortSignal.any([keeper.signal, attempt.signal]),
      onProgress: (fraction) => keeper.report(fraction),
    });
    // A seal whose answer is lost on the way may hold: until it is known not to, the files may be wanted.
    holding.sealed = true;
    holding.sealed = await this.renders.seal(lease, result);
    if (holding.sealed) await this.publish(holding, lease.token, result);
    else await this.giveUp(holding);
  }

  private async publish(holding: Holding, resultToken: string, result?: RenderResult): Promise<void> {
    const { render, lease } = holding;
    if (!(await this.publisher.publish(lease, resultToken))) return this.giveUp(holding);
    const style = render.style.slug;
    this.metrics.jobs.inc({ status: 'completed', style, service: SERVICE });
    if (result) this.metrics.duration.observe({ style, service: SERVICE }, result.durationMs / 1000);
    this.logger.info(
      {
        render_id: render.id,
        style,
        asset_id: render.assetId,
        duration_ms: result?.durationMs,
        output_size_bytes: result?.facts.output_size_bytes,
        preview_size_bytes: result?.facts.preview_size_bytes,
      },
      'Render job completed successfully',
    );
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
    const cause = error;
    const final = new RenderError('poison_photo', 'The render process died again and again', { cause });
    return this.settle(holding, end === 'failed' ? final : error, end ?? false);
  }

  private async settle(holding: Holding, error: PopRenderError, end: 'queued' | 'failed' | false): Promise<void> {
    if (!end) return this.giveUp(holding);
    await this.discard(holding);
    const { render, attempt } = holding;
    const style = render.style.slug;
    const facts = { render_id: render.id, style, code: error.code, error: error.message, attempt: attempt.number };
    if (end === 'queued') {
      this.logger.warn({ ...facts, err: error }, 'Render job will be tried again');
    } else {
      this.metrics.jobs.inc({ status: 'failed', style, service: SERVICE });
      this.logger.error({ ...facts, err: error, traceback: error.stack }, 'Render job failed');
    }
    throw error;
  }

  /** The render is another worker's, or wanted no more. */
  private async giveUp(holding: Holding): Promise<void> {
    await this.discard(holding);
    const { render, lease } = holding;
    this.logger.warn(
      { render_id: render.id, style: render.style.slug, attempt: lease.attempt },
      'Render given up: it is not this attempt that counts',
    );
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
