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

/** Reports errors to Sentry, or to another server with its protocol. */
export function openReporter(config: SentryConfig, logger: Logger): ErrorReporter {
  const outageLogger = {
    error: (message: string) => logger.error(message),
    log: (message: string) => logger.info(message),
  };
  return new SentryReporter(config, new OutageLog(outageLogger, 'The collector of errors'));
}

/** Uses a client of its own, not the global one: it sends only what is reported here, and hooks into nothing. */
class SentryReporter implements ErrorReporter {
  private readonly client: ServerRuntimeClient;

  constructor(config: SentryConfig, outages: OutageLog) {
    this.client = new ServerRuntimeClient({
      ...config,
      platform: 'node',
      runtime: { name: 'node', version: process.version },
      serverName: hostname(),
      integrations: [linkedErrorsIntegration()],
      stackParser: createStackParser(nodeStackLineParser()),
      transport: loggingTransport(outages),
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

/** The cause of an unforeseen error rather than its wrapper. */
function originOf(error: unknown): unknown {
  return error instanceof PopRenderError && error.code === 'internal' ? (error.cause ?? error) : error;
}

/** The parts of an event that may contain text from clients or servers, redacted. */
function redactedParts<Event extends { exception?: { values?: { value?: string }[] }; extra?: object }>(
  event: Event,
): Partial<Event> {
  const values = event.exception?.values?.map((each) => ({ ...each, value: redacted(each.value) as string }));
  return { ...(values ? { exception: { values } } : {}), extra: redacted(event.extra) } as Partial<Event>;
}

/** The rate limits that the collector requests. */
function rateLimits(headers: Headers): Record<'x-sentry-rate-limits' | 'retry-after', string | null> {
  return {
    'x-sentry-rate-limits': headers.get('x-sentry-rate-limits'),
    'retry-after': headers.get('retry-after'),
  };
}

function loggingTransport(outages: OutageLog): Transport {
  return (options) =>
    createTransport(options, async ({ body }) => {
      try {
        const signal = AbortSignal.timeout(SEND_MS);
        const response = await fetch(options.url, { method: 'POST', body, headers: options.headers, signal });
        await response.body?.cancel(); // An unread response would keep its connection open.
        if (response.ok) outages.recovered();
        else outages.failed(`it answered ${response.status}`);
        return { statusCode: response.status, headers: rateLimits(response.headers) };
      } catch (error) {
        outages.failed(error);
        throw error;
      }
    });
}
