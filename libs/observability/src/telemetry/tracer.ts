export type SpanKind = 'internal' | 'server' | 'producer' | 'consumer';
export type SpanAttributes = Readonly<Record<string, string | number | boolean | undefined>>;

export interface SpanOptions {
  readonly kind?: SpanKind;
  /** What it is a part of: a span of this process, or the `traceparent` of another's (W3C Trace Context). */
  readonly parent?: Span | string;
  readonly attributes?: SpanAttributes;
  /** Milliseconds since the epoch; now unless given. */
  readonly startedAt?: number;
}

/** One piece of work in a trace. */
export interface Span {
  /** Undefined where nothing is traced. */
  readonly traceId?: string;
  readonly spanId?: string;
  /** To hand on to what goes on elsewhere, in the form of W3C Trace Context. */
  readonly traceparent?: string;
  rename(name: string): void;
  set(attributes: SpanAttributes): void;
  /** Marks the work as gone wrong, by which its trace is kept. */
  fail(error?: unknown): void;
  /** @param endedAt milliseconds since the epoch; now unless given */
  end(endedAt?: number): void;
}

/** Makes spans. */
export interface Tracer {
  start(name: string, options: SpanOptions): Span;
  /** Sends what is left, if that can be done within a second. */
  close(): Promise<void>;
}

const NO_SPAN: Span = {
  rename: () => undefined,
  set: () => undefined,
  fail: () => undefined,
  end: () => undefined,
};

/** Where nothing is traced. */
export const NO_TRACER: Tracer = { start: () => NO_SPAN, close: async () => undefined };
