export { ApiProcessMetrics, ApiProcessMetricsModule } from './api-process-metrics.js';
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
export { InspectionMetrics, InspectionMetricsModule } from './inspection-metrics.js';
export { HttpMetrics, HttpMetricsModule, type KnownAnswers } from './http-metrics.js';
export { MetricsModule, type MetricsSource } from './metrics.module.js';
export { NestLogger } from './nest-logger.js';
export { ChildProcessMetrics, ChildProcessMetricsModule, countApiProcessExits } from './process-metrics.js';
export { redacted, redactedText } from './redaction.js';
export { RecoveryMetrics, RenderMetrics, RenderMetricsModule, RenderSeries } from './render-metrics.js';
export { SERVICE } from './service-name.js';
export { REJECTION_REASONS, UploadMetrics, UploadMetricsModule } from './upload-metrics.js';
export { exitOnUncaughtException } from './telemetry/exit-on-uncaught-exception.js';
export { openTelemetry } from './telemetry/open-telemetry.js';
export { type ErrorContext, type ErrorReporter } from './telemetry/error-reporter.js';
export { Telemetry } from './telemetry/telemetry.js';
export { TelemetryModule } from './telemetry/telemetry.module.js';
export { type Span, type SpanKind, type SpanOptions, type Tracer } from './telemetry/tracer.js';
