import { hostname } from 'node:os';
import {
  type Attributes,
  type Context,
  type Span as OtelApiSpan,
  ROOT_CONTEXT,
  type SpanContext,
  SpanKind as OtelSpanKind,
  SpanStatusCode,
  trace,
  type Tracer as OtelApiTracer,
} from '@opentelemetry/api';
import { parseTraceParent } from '@opentelemetry/core';
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as ProtobufExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { defaultResource, detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import {
  AlwaysOnSampler,
  BasicTracerProvider,
  BatchSpanProcessor,
  type SpanExporter,
} from '@opentelemetry/sdk-trace-base';
import type { TracingConfig } from '#config';
import { OutageLog } from '#core';
import { errorFields } from '../../error-fields.js';
import type { Logger } from '../../logger.js';
import { redactedText } from '../../redaction.js';
import { withinFlushLimit } from '../flush-limit.js';
import type { Span, SpanAttributes, SpanKind, SpanOptions, Tracer } from '../tracer.js';
import { KeptShare, TailSampling } from './tail-sampling.js';
import { LoggingExporter } from './logging-exporter.js';

const KINDS = {
  internal: OtelSpanKind.INTERNAL,
  server: OtelSpanKind.SERVER,
  producer: OtelSpanKind.PRODUCER,
  consumer: OtelSpanKind.CONSUMER,
} as const;

/** Sends traces by OTLP. Where to, and how, the exporter reads from the OTEL_* variables. */
export function openTracer(
  { protocol, sampleRatio, trustCallers }: TracingConfig,
  service: { readonly name: string; readonly version: string },
  logger: Logger,
): Tracer {
  const exporter = protocol === 'http/json' ? new JsonExporter() : new ProtobufExporter();
  const outageLogger = {
    error: (message: string) => logger.error(message),
    log: (message: string) => logger.info(message),
  };
  const loggingExporter = new LoggingExporter(exporter, new OutageLog(outageLogger, 'The collector of traces'));
  return new OtelTracer(loggingExporter, new KeptShare(sampleRatio, trustCallers), service);
}

export class OtelTracer implements Tracer {
  private readonly provider: BasicTracerProvider;
  private readonly tracer: OtelApiTracer;

  constructor(
    exporter: SpanExporter,
    private readonly share: KeptShare,
    service: { readonly name: string; readonly version: string },
  ) {
    const ours = resourceFromAttributes({
      'service.name': service.name,
      'service.version': service.version,
      'service.instance.id': `${hostname()}-${process.pid}`,
    });
    this.provider = new BasicTracerProvider({
      resource: defaultResource()
        .merge(ours)
        .merge(detectResources({ detectors: [envDetector] })),
      // Whether a trace is kept is known only on its completion.
      sampler: new AlwaysOnSampler(),
      spanProcessors: [new TailSampling(share, new BatchSpanProcessor(exporter))],
    });
    this.tracer = this.provider.getTracer(service.name, service.version);
  }

  start(name: string, { kind = 'internal', parent, attributes = {}, startedAt }: SpanOptions): Span {
    const options = { kind: KINDS[kind], attributes: tellable(attributes), startTime: startedAt };
    if (parent instanceof OtelSpan) {
      return new OtelSpan(this.tracer.startSpan(name, options, parent.context), parent.kept);
    }
    const caller = typeof parent === 'string' ? this.callerOf(parent, kind) : undefined;
    const context = caller ? trace.setSpanContext(ROOT_CONTEXT, caller) : ROOT_CONTEXT;
    const span = this.tracer.startSpan(name, options, context);
    return new OtelSpan(span, this.share.keeps(span.spanContext().traceId, caller));
  }

  close(): Promise<void> {
    return withinFlushLimit(this.provider.shutdown());
  }

  /** The span of another process; undefined when the header is invalid. Clients send requests, only we add jobs. */
  private callerOf(traceparent: string, kind: SpanKind): SpanContext | undefined {
    const named = parseTraceParent(traceparent);
    if (!named) return undefined;
    const caller = { ...named, isRemote: true };
    return kind === 'server' ? this.share.judged(caller) : caller;
  }
}

class OtelSpan implements Span {
  constructor(
    private readonly span: OtelApiSpan,
    readonly kept: boolean,
  ) {}

  get traceId(): string {
    return this.span.spanContext().traceId;
  }

  get spanId(): string {
    return this.span.spanContext().spanId;
  }

  get traceparent(): string {
    return `00-${this.traceId}-${this.spanId}-${this.kept ? '01' : '00'}`;
  }

  get context(): Context {
    return trace.setSpan(ROOT_CONTEXT, this.span);
  }

  rename(name: string): void {
    this.span.updateName(name);
  }

  set(attributes: SpanAttributes): void {
    this.span.setAttributes(tellable(attributes));
  }

  fail(thrown?: unknown): void {
    if (thrown === undefined) {
      this.span.setStatus({ code: SpanStatusCode.ERROR });
      return;
    }
    const { error, error_type, traceback } = errorFields(thrown) as Record<string, string | undefined>;
    const message = redactedText(error ?? '');
    this.span.setStatus({ code: SpanStatusCode.ERROR, message });
    this.span.addEvent('exception', {
      'exception.type': error_type,
      'exception.message': message,
      'exception.stacktrace': traceback && redactedText(traceback),
    });
  }

  end(endedAt?: number): void {
    this.span.end(endedAt);
  }
}

/** Those that have a value, without secrets: the path of a stored photo ends with what its client called it. */
function tellable(attributes: SpanAttributes): Attributes {
  const given = Object.entries(attributes).filter(([, value]) => value !== undefined);
  return Object.fromEntries(
    given.map(([name, value]) => [name, typeof value === 'string' ? redactedText(value) : value]),
  );
}
