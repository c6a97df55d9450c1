export { countApiProcess } from './api-processes.js';
export { announceQueueLimit } from './deployment-metrics.js';
export { errorFields } from './error-fields.js';
export {
  type LogFields,
  logFields,
  withContext,
  withLogFields,
  withoutLogFields,
  type WorkContext,
} from './log-context.js';
export { createLogger, type Logger, type LogSettings } from './logger.js';
export { LOGGER, LoggingModule } from './logging.module.js';
export { inspectionMetrics } from './inspection-metrics.js';
export { beginHttpSeries, countClosedConnections, httpMetrics, type KnownAnswers } from './http-metrics.js';
export { SERVICE } from './metrics.js';
export { MetricsModule, type MetricsSource } from './metrics.module.js';
export { NestLogger } from './nest-logger.js';
export { countDeaths, watchProcesses } from './process-metrics.js';
export { redacted, redactedText } from './redaction.js';
export {
  beginSeries,
  countLostWorker,
  countPoison,
  reconcilerMetrics,
  renderMetrics,
  RenderSeries,
} from './render-metrics.js';
export { REJECTION_REASONS, uploadMetrics } from './upload-metrics.js';
export { exitOnUncaughtException } from './telemetry/exit-on-uncaught-exception.js';
export { openTelemetry } from './telemetry/open-telemetry.js';
export { type ErrorContext, type ErrorReporter } from './telemetry/error-reporter.js';
export { Telemetry } from './telemetry/telemetry.js';
export { TelemetryModule } from './telemetry/telemetry.module.js';
export { type Span, type SpanKind, type SpanOptions, type Tracer } from './telemetry/tracer.js';
