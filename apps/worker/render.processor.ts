import { hostname } from 'node:os';
import { Inject, Injectable } from '@nestjs/common';
import {
  type PopRenderError,
  type Render,
  type RenderAttempt,
  type RenderJob,
  type RenderLease,
  RenderStore,
  toPopRenderError,
} from '#core';
import { LOGGER, type Logger, renderMetrics, SERVICE } from '#observability';
import { LeaseKeeper } from './lease-keeper.js';
import { PrintPublisher } from './print-publisher.js';
import { RENDER_LIMITS, type RenderLimits, RenderRunner } from './render-runner/render-runner.js';

const WORKER_ID = `${hostname()}-${process.pid}`;

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
  ) {}

  async process(job: RenderJob, attempt: RenderAttempt): Promise<void> {
    const claim = await this.renders.claim(job.renderId, this.limits.leaseMs);
    if (claim.kind === 'held' || claim.kind === 'ended') {
      // Delivered twice, or cancelled while it waited. A held one comes back by its row if its holder dies.
      this.logger.warn({ render_id: job.renderId, reason: claim.kind }, 'Render job skipped');
      return;
    }
    const { render, lease } = claim;
    this.metrics.inProgress.inc();
    const keeper = new LeaseKeeper(lease, this.limits.leaseMs, this.renders, this.logger);
    try {
      if (claim.kind === 'publish') await this.publisher.publish(lease, claim.resultToken);
      else await this.carryOut(render, lease, keeper, attempt);
    } catch (thrown) {
      await keeper.stop();
      await this.recordFailure(render, lease, attempt, toPopRenderError(thrown), keeper.signal.aborted);
    } finally {
      await keeper.stop();
      this.metrics.inProgress.dec();
    }
  }

  private async carryOut(
    render: Render,
    lease: RenderLease,
    keeper: LeaseKeeper,
    attempt: RenderAttempt,
  ): Promise<void> {
    const style = render.style.slug;
    const facts = { render_id: render.id, style };
    this.logger.info({ ...facts, worker_id: WORKER_ID, attempt: lease.attempt }, 'Render job started');
    const signals = [keeper.signal, ...(attempt.signal ? [attempt.signal] : [])];
    const result = await this.runner.run(render, lease.token, {
      signal: AbortSignal.any(signals),
      onProgress: (fraction) => keeper.report(fraction),
    });
    if (!(await this.renders.seal(lease, result))) {
      await this.publisher.discard(render.id, lease.token);
      this.logger.warn({ ...facts, attempt: lease.attempt }, 'Render given up: it is not this attempt that counts');
      return;
    }
    await this.publisher.publish(lease, lease.token);
    this.metrics.jobs.inc({ status: 'completed', style, service: SERVICE });
    this.metrics.duration.observe({ style, service: SERVICE }, result.durationMs / 1000);
    this.logger.info(
      {
        ...facts,
        asset_id: render.assetId,
        duration_ms: result.durationMs,
        output_size_bytes: result.facts.output_size_bytes,
        preview_size_bytes: result.facts.preview_size_bytes,
      },
      'Render job completed successfully',
    );
  }

  private async recordFailure(
    render: Render,
    lease: RenderLease,
    attempt: RenderAttempt,
    error: PopRenderError,
    leaseLost: boolean,
  ): Promise<void> {
    const style = render.style.slug;
    const facts = { render_id: render.id, style, code: error.code, error: error.message };
    const claimLost = attempt.signal?.aborted ?? false;
    const again = claimLost || (error.policy.transient && attempt.retryLeft);
    if (!leaseLost && again && (await this.renders.giveBack(lease))) {
      this.logger.warn({ ...facts, attempt: attempt.number, err: error }, 'Render job will be tried again');
      throw error;
    }
    if (!leaseLost && !again && (await this.renders.fail(lease, plainReason(error)))) {
      await this.publisher.discard(render.id, lease.token);
      this.metrics.jobs.inc({ status: 'failed', style, service: SERVICE });
      this.logger.error({ ...facts, attempt: attempt.number, err: error, traceback: error.stack }, 'Render job failed');
      throw error;
    }
    await this.publisher.discard(render.id, lease.token);
    this.logger.warn({ ...facts, attempt: lease.attempt }, 'Render given up: it is not this attempt that counts');
  }
}

/** What the client reads: never an inner detail. */
function plainReason(error: PopRenderError): string {
  if (error.code === 'internal') return 'Rendering failed because of an internal error';
  const fields = error.details?.map(({ field, message }) => `${field}: ${message}`).join('; ');
  return fields ? `${error.message}: ${fields}` : error.message;
}
