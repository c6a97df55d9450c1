export { errorFields } from './error-fields.js';
export { type LogFields, logFields, withLogFields, withoutLogFields } from './log-context.js';
export { createLogger, type Logger, type LogSettings } from './logger.js';
export { LOGGER, LoggingModule } from './logging.module.js';
export {
  httpMetrics,
  reconcilerMetrics,
  type HttpMetrics,
  renderMetrics,
  type RenderMetrics,
  SERVICE,
  watchQueueDepth,
} from './metrics.js';
export { MetricsModule, type MetricsSource } from './metrics.module.js';
export { NestLogger } from './nest-logger.js';
export { watchProcesses } from './process-metrics.js';
export { redacted, redactedText } from './redaction.js';
