import { hostname } from 'node:os';
import { createStackParser, createTransport, linkedErrorsIntegration, Scope } from '@sentry/core';
import { nodeStackLineParser, ServerRuntimeClient } from '@sentry/core/server';
import type { SentryConfig } from '#config';
import { OutageLog, PopRenderError } from '#core';
import type { LogFields } from '../../log-context.js';
import type { Logger } from '../../logger.js';
import { redacted } from '../../redaction.js';
import type { ErrorContext, ErrorReporter } from '../error-reporter.js';
import { withinFlushLimit } from '../flush-limit.js';

type Transport = ConstructorParameters<typeof ServerRuntimeClient>[0]['transport'];

const SEND_MS = 5_000;

/** Reports errors to Sentry, or to what understands its protocol. */
export function openReporter(config: SentryConfig, logger: Logger): ErrorReporter {
  const told = { error: (message: string) => logger.error(message), log: (message: string) => logger.info(message) };
  return new SentryReporter(config, new OutageLog(told, 'The collector of errors'));
}

/** A client of its own and no global one: it sends what it is given, and watches nothing by itself. */
class SentryReporter implements ErrorReporter {
  private readonly client: ServerRuntimeClient;

  constructor(config: SentryConfig, faults: OutageLog) {
    this.client = new ServerRuntimeClient({
      ...config,
      platform: 'node',
      runtime: { name: 'node', version: process.version },
      serverName: hostname(),
      integrations: [linkedErrorsIntegration()],
      stackParser: createStackParser(nodeStackLineParser()),
      transport: transportTelling(faults),
      beforeSend: (event) => ({ ...event, ...redactedParts(event) }),
    });
    this.client.init();
  }

  report(error: unknown, { component, code, style }: ErrorContext, context: LogFields): void {
    const { trace_id, span_id, ...ids } = context;
    const scope = new Scope();
    scope.setTags({ component, code, style });
    scope.setContext('render', { ...ids });
    if (trace_id !== undefined) scope.setContext('trace', { trace_id, span_id });
    const originalException = originOf(error);
    this.client.captureException(originalException, { originalException }, scope);
  }

  close(): Promise<void> {
    return withinFlushLimit(Promise.resolve(this.client.close(SEND_MS)));
  }
}

/** What an unforeseen fault was, rather than that there was one. */
function originOf(error: unknown): unknown {
  return error instanceof PopRenderError && error.code === 'internal' ? (error.cause ?? error) : error;
}

/** Of an event, what may hold text that came from elsewhere. */
function redactedParts<Event extends { exception?: { values?: { value?: string }[] }; extra?: object }>(
  event: Event,
): Partial<Event> {
  const values = event.exception?.values?.map((each) => ({ ...each, value: redacted(each.value) as string }));
  return { ...(values ? { exception: { values } } : {}), extra: redacted(event.extra) } as Partial<Event>;
}

/** What the collector asks for when it is told too much. */
function rateLimits(headers: Headers): Record<'x-sentry-rate-limits' | 'retry-after', string | null> {
  return {
    'x-sentry-rate-limits': headers.get('x-sentry-rate-limits'),
    'retry-after': headers.get('retry-after'),
  };
}

function transportTelling(faults: OutageLog): Transport {
  return (options) =>
    createTransport(options, async ({ body }) => {
      try {
        const signal = AbortSignal.timeout(SEND_MS);
        const response = await fetch(options.url, { method: 'POST', body, headers: options.headers, signal });
        await response.body?.cancel(); // An answer that nobody reads keeps its connection.
        if (response.ok) faults.recovered();
        else faults.failed(`it answered ${response.status}`);
        return { statusCode: response.status, headers: rateLimits(response.headers) };
      } catch (error) {
        faults.failed(error);
        throw error;
      }
    });
}
