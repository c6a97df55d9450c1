import { type StageTiming, toPopRenderError } from '#core';
import { logFields, withContext, workContext } from '../log-context.js';
import { type ErrorContext, type ErrorReporter, NO_REPORTER } from './error-reporter.js';
import { NO_TRACER, type Span, type SpanOptions, type Tracer } from './tracer.js';

/** Traces work and reports errors. Without a tracer or a reporter it does nothing. */
export class Telemetry {
  constructor(
    private readonly tracer: Tracer = NO_TRACER,
    private readonly reporter: ErrorReporter = NO_REPORTER,
  ) {}

  /** Starts a span, a child of the current one unless `parent` is given. The caller ends it. */
  begin(name: string, options: SpanOptions = {}): Span {
    return this.tracer.start(name, { ...options, parent: options.parent ?? workContext().span });
  }

  /** Runs the work within the span: spans started in it are its children, and log lines have its ids. */
  within<T>(span: Span, work: () => T): T {
    // Where nothing is traced a span has no ids, and nothing to keep in the context.
    if (span.traceId === undefined) return work();
    return withContext({ span, logFields: { trace_id: span.traceId, span_id: span.spanId } }, work);
  }

  /** Runs the work in a span of its own, which fails with the work unless the error is the client's. */
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

  /** Records a completed stage as a child of the current span. */
  recordStage({ stage, startedAt, durationMs, failed }: StageTiming): void {
    const span = this.begin(stage, { startedAt });
    if (failed) span.fail();
    span.end(startedAt + durationMs);
  }

  /** Reports an error that needs a developer's attention, and fails the current span. */
  report(error: unknown, labels: ErrorContext): void {
    workContext().span?.fail(error);
    this.reporter.report(error, labels, logFields());
  }

  /** Sends pending spans and reports, for a second at most. */
  async close(): Promise<void> {
    await Promise.all([this.tracer.close(), this.reporter.close()]);
  }
}
