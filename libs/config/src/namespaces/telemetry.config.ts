import { defineNamespace } from '../namespace.js';
import { choice, flag, httpUrl, matching, share, text } from '../setting-kinds.js';
import { readVersion } from '../version.js';

const sentryDsn = matching(
  /^https?:\/\/[\w:-]+@[\w.-]+(:\d{1,5})?(\/[\w.-]+)*\/\d+$/,
  'like https://key@sentry.example.com/1',
);

export const telemetry = defineNamespace({
  title: 'Traces and error reports',
  readBy: ['api', 'worker'],
  settings: {
    OTEL_EXPORTER_OTLP_ENDPOINT: httpUrl('such as http://collector:4318')({
      unset: 'none',
      description:
        'Collector of traces, which are recorded only when it is set. Other `OTEL_*` variables: `docs/tracing.md`.',
    }),
    OTEL_EXPORTER_OTLP_PROTOCOL: choice(['http/protobuf', 'http/json'])({
      default: 'http/protobuf',
      description: 'Encoding of the traces that are sent.',
    }),
    OTEL_SDK_DISABLED: flag({ default: false, description: '`true` turns traces off.' }),
    TRACE_SAMPLE_RATIO: share({
      default: 0.1,
      description: 'Share of the traces that are sent, from 0 to 1; those with an error are sent in any case.',
    }),
    TRACE_TRUST_CALLERS: flag({
      default: false,
      description:
        "Whether a caller's `traceparent` decides that its trace is sent; any client that can reach the API can set it.",
    }),
    SENTRY_DSN: sentryDsn({
      unset: 'none',
      secret: true,
      description: 'Sentry project that failed renders and unexpected errors are reported to.',
    }),
    SENTRY_RELEASE: text({ unset: 'the version', description: 'Release of the service in error reports.' }),
    SENTRY_ENVIRONMENT: text({
      unset: '`NODE_ENV`, or `production`',
      description: 'Environment of the service in error reports.',
    }),
    NODE_ENV: text({ unset: 'none', description: 'Environment that `SENTRY_ENVIRONMENT` defaults to.' }),
  },
  config: (env) => {
    const traced = env.OTEL_EXPORTER_OTLP_ENDPOINT !== undefined && !env.OTEL_SDK_DISABLED;
    /** Where traces go. The exporter reads the rest of the OTEL_* variables itself. */
    const tracing = {
      protocol: env.OTEL_EXPORTER_OTLP_PROTOCOL,
      /** Share of the traces that are kept, 0..1. */
      sampleRatio: env.TRACE_SAMPLE_RATIO,
      /** Whether callers decide if theirs are. */
      trustCallers: env.TRACE_TRUST_CALLERS,
    };
    const sentry = env.SENTRY_DSN && {
      dsn: env.SENTRY_DSN,
      release: env.SENTRY_RELEASE ?? readVersion(),
      environment: env.SENTRY_ENVIRONMENT ?? env.NODE_ENV ?? 'production',
    };
    return { ...(traced ? { tracing } : {}), ...(sentry ? { sentry } : {}) };
  },
});

/** Traces and error reports; none by default. */
export type TelemetryConfig = ReturnType<typeof telemetry.load>;
export type TracingConfig = NonNullable<TelemetryConfig['tracing']>;
export type SentryConfig = NonNullable<TelemetryConfig['sentry']>;
