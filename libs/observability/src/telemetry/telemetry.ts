import { type StageTiming, toPopRenderError } from '#core';
import { logFields, withContext, workContext } from '../log-context.js';
import { type ErrorContext, type ErrorReporter, NO_REPORTER } from './error-reporter.js';
import { NO_TRACER, type Span, type SpanOptions, type Tracer } from './tracer.js';

/** Traces of work and reports of errors. Does nothing unless it was given where to. */
export class Telemetry {
  constructor(
    private readonly tracer: Tracer = NO_TRACER,
    private readonly reporter: ErrorReporter = NO_REPORTER,
  ) {}

  /** Begins a span, a part of the one at hand unless `parent` says otherwise. Whoever began it ends it. */
  begin(name: string, options: SpanOptions = {}): Span {
    return this.tracer.start(name, { ...options, parent: options.parent ?? workContext().span });
  }

  /** Does the work as part of the span: spans begun in it are its children, and log lines carry its ids. */
  within<T>(span: Span, work: () => T): T {
    // Where nothing is traced a span has no ids, and nothing to keep in the context.
    if (span.traceId === undefined) return work();
    return withContext({ span, logFields: { trace_id: span.traceId, span_id: span.spanId } }, work);
  }

  /** Does the work in a span of its own. It fails with the work, unless that is a client's mistake. */
  async span<T>(name: string, options: SpanOptions, work: (span: Span) => Promise<T>): Promise<T> {
    const span = this.begin(name, options);
    try {
      return await this.within(span, () => work(span));
    } catch (error) {
      if (toPopRenderError(error).policy.status >= 500) span.fail(error);
      throw error;
    } finally {
      span.end();
    }
  }

  /** Records a stage that has ended as a part of the span at hand. */
  recordStage({ stage, startedAt, durationMs, failed }: StageTiming): void {
    const span = this.begin(stage, { startedAt });
    if (failed) span.fail();
    span.end(startedAt + durationMs);
  }

  /** Tells of an error that somebody should look into; the span at hand has failed by it. */
  report(error: unknown, facts: ErrorContext): void {
    workContext().span?.fail(error);
    this.reporter.report(error, facts, logFields());
  }

  /** Sends what is left, if that can be done within a second. */
  async close(): Promise<void> {
    await Promise.all([this.tracer.close(), this.reporter.close()]);
  }
}
