import { hostname } from 'node:os';
import { Inject, Injectable } from '@nestjs/common';
import {
  type PopRenderError,
  type Render,
  type RenderAttempt,
  type RenderJob,
  RenderStore,
  toPopRenderError,
} from '#core';
import { LOGGER, type Logger, renderMetrics, SERVICE } from '#observability';
import { ProgressRecorder } from './progress-recorder.js';
import { RenderRunner } from './render-runner/render-runner.js';

const WORKER_ID = `${hostname()}-${process.pid}`;

/** Handles one delivery of a job: claims the render, has it run, records how it ended. */
@Injectable()
export class RenderProcessor {
  private readonly metrics = renderMetrics();

  constructor(
    private readonly renders: RenderStore,
    private readonly runner: RenderRunner,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  async process(job: RenderJob, attempt: RenderAttempt): Promise<void> {
    const render = await this.renders.find(job.renderId);
    if (!render || !(await this.renders.markStarted(render.id))) {
      // Delivered again after it ended, or taken back while it waited: there is nothing left to do.
      this.logger.warn({ render_id: job.renderId, status: render?.status ?? 'unknown' }, 'Render job skipped');
      return;
    }
    this.metrics.inProgress.inc();
    const progress = new ProgressRecorder(render.id, this.renders, this.logger);
    try {
      await this.carryOut(render, attempt, progress);
    } catch (thrown) {
      await progress.stop();
      if (progress.signal.aborted && !attempt.signal?.aborted) {
        this.logger.warn({ render_id: render.id, style: render.style.slug }, 'Render given up: it is wanted no more');
        return;
      }
      await this.recordFailure(render, attempt, toPopRenderError(thrown));
      throw thrown;
    } finally {
      await progress.stop();
      this.metrics.inProgress.dec();
    }
  }

  private async carryOut(render: Render, attempt: RenderAttempt, progress: ProgressRecorder): Promise<void> {
    const style = render.style.slug;
    this.logger.info(
      { render_id: render.id, worker_id: WORKER_ID, style, attempt: attempt.number },
      'Render job started',
    );
    const signals = [progress.signal, ...(attempt.signal ? [attempt.signal] : [])];
    const result = await this.runner.run(render, {
      signal: AbortSignal.any(signals),
      onProgress: (fraction) => progress.report(fraction),
    });
    await progress.stop();
    if (!(await this.renders.markCompleted(render.id, result))) {
      this.logger.warn({ render_id: render.id }, 'Render ended elsewhere; its result is not recorded');
      return;
    }
    this.metrics.jobs.inc({ status: 'completed', style, service: SERVICE });
    this.metrics.duration.observe({ style, service: SERVICE }, result.durationMs / 1000);
    this.logger.info(
      {
        render_id: render.id,
        asset_id: render.assetId,
        style,
        duration_ms: result.durationMs,
        output_size_bytes: result.facts.output_size_bytes,
        preview_size_bytes: result.facts.preview_size_bytes,
      },
      'Render job completed successfully',
    );
  }

  private async recordFailure(render: Render, attempt: RenderAttempt, error: PopRenderError): Promise<void> {
    const style = render.style.slug;
    if (attempt.signal?.aborted) {
      // Another worker holds the job now: the row is its to change.
      this.logger.warn({ render_id: render.id, style }, 'Render given up: the claim on its job was lost');
      return;
    }
    const facts = { render_id: render.id, style, code: error.code, attempt: attempt.number, error: error.message };
    if (error.policy.transient && attempt.retryLeft) {
      await this.renders.markQueued(render.id);
      this.logger.warn({ ...facts, err: error }, 'Render job will be tried again');
      return;
    }
    await this.renders.markFailed(render.id, plainReason(error));
    this.metrics.jobs.inc({ status: 'failed', style, service: SERVICE });
    this.logger.error({ ...facts, err: error, traceback: error.stack }, 'Render job failed');
  }
}

/** What the client reads: never an inner detail. */
function plainReason(error: PopRenderError): string {
  if (error.code === 'internal') return 'Rendering failed because of an internal error';
  const fields = error.details?.map(({ field, message }) => `${field}: ${message}`).join('; ');
  return fields ? `${error.message}: ${fields}` : error.message;
}
