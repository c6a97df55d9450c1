import { ROOT_CONTEXT, type SpanContext, SpanStatusCode, TraceFlags } from '@opentelemetry/api';
import {
  type ReadableSpan,
  SamplingDecision,
  type Span,
  type SpanProcessor,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace-base';

/** Spans that never end, or end after all else, must not pile up. */
const MAX_OPEN = 10_000;
const MAX_HELD = 128;

/** The part of a trace that one request or job in this process contributes. */
interface LocalPart {
  readonly kept: boolean;
  failed: boolean;
  held: ReadableSpan[];
}

/** Decides which traces are kept though no span fails: by the caller's decision, else a share of them by their id. */
export class KeptShare {
  private readonly sampler: TraceIdRatioBasedSampler;

  /**
   * @param ratio share that is kept, 0..1
   * @param trustCallers whether callers decide for their own
   */
  constructor(
    private readonly ratio: number,
    private readonly trustCallers: boolean,
  ) {
    this.sampler = new TraceIdRatioBasedSampler(ratio);
  }

  /**
   * The caller of a request, with the decision to keep. For callers that are not trusted it is random: they could
   * choose a trace id that is kept.
   */
  judged(caller: SpanContext): SpanContext {
    if (this.trustCallers) return caller;
    return { ...caller, traceFlags: Math.random() < this.ratio ? TraceFlags.SAMPLED : TraceFlags.NONE };
  }

  /** @param caller the span of another process that this one's work belongs to */
  keeps(traceId: string, caller?: SpanContext): boolean {
    if (caller) return (caller.traceFlags & TraceFlags.SAMPLED) !== 0;
    return this.sampler.shouldSample(ROOT_CONTEXT, traceId).decision === SamplingDecision.RECORD_AND_SAMPLED;
  }
}

/**
 * Passes on the spans of traces that are kept. Those of others are held until the work that they belong to has ended in
 * this process, and passed on only when one of them has failed.
 */
export class TailSampling implements SpanProcessor {
  /** The part that each unfinished span belongs to, oldest first. */
  private readonly open = new Map<string, LocalPart>();

  constructor(
    private readonly share: KeptShare,
    private readonly next: SpanProcessor,
  ) {}

  onStart(span: Span): void {
    const oldest = this.open.keys().next();
    if (this.open.size >= MAX_OPEN && !oldest.done) this.open.delete(oldest.value);
    this.open.set(span.spanContext().spanId, this.partOf(span));
  }

  onEnd(span: ReadableSpan): void {
    const { spanId } = span.spanContext();
    const part = this.open.get(spanId) ?? this.partOf(span);
    this.open.delete(spanId);
    part.failed ||= span.status.code === SpanStatusCode.ERROR;
    if (part.kept || part.failed) {
      for (const held of part.held.splice(0)) this.next.onEnd(held);
      this.next.onEnd(span);
    } else if (isLocalRoot(span)) part.held = [];
    else if (part.held.length < MAX_HELD) part.held.push(span);
  }

  forceFlush(): Promise<void> {
    return this.next.forceFlush();
  }

  shutdown(): Promise<void> {
    return this.next.shutdown();
  }

  private partOf(span: ReadableSpan): LocalPart {
    const { parentSpanContext: parent } = span;
    const known = parent && !parent.isRemote ? this.open.get(parent.spanId) : undefined;
    if (known) return known;
    const caller = parent?.isRemote ? parent : undefined;
    return { kept: this.share.keeps(span.spanContext().traceId, caller), failed: false, held: [] };
  }
}

function isLocalRoot({ parentSpanContext }: ReadableSpan): boolean {
  return parentSpanContext === undefined || parentSpanContext.isRemote === true;
}
