export type SpanKind = 'internal' | 'server' | 'producer' | 'consumer';
export type SpanAttributes = Readonly<Record<string, string | number | boolean | undefined>>;

export interface SpanOptions {
  readonly kind?: SpanKind;
  /** Its parent: a span of this process, or the `traceparent` of another process (W3C Trace Context). */
  readonly parent?: Span | string;
  readonly attributes?: SpanAttributes;
  /** Milliseconds since the epoch; now unless given. */
  readonly startedAt?: number;
}

/** One unit of work in a trace. */
export interface Span {
  /** Undefined where nothing is traced. */
  readonly traceId?: string;
  readonly spanId?: string;
  /** To pass to other processes (W3C Trace Context). */
  readonly traceparent?: string;
  rename(name: string): void;
  set(attributes: SpanAttributes): void;
  /** Marks the work as failed, so that its trace is kept. */
  fail(error?: unknown): void;
  /** @param endedAt milliseconds since the epoch; now unless given */
  end(endedAt?: number): void;
}

/** Starts spans. */
export interface Tracer {
  start(name: string, options: SpanOptions): Span;
  /** Sends pending spans, for a second at most. */
  close(): Promise<void>;
}

const NO_SPAN: Span = {
  rename: () => undefined,
  set: () => undefined,
  fail: () => undefined,
  end: () => undefined,
};

/** Traces nothing. */
export const NO_TRACER: Tracer = { start: () => NO_SPAN, close: async () => undefined };
