export { countApiProcess } from './api-processes.js';
export { announceQueueLimit } from './deployment-metrics.js';
export { errorFields } from './error-fields.js';
export { type LogFields, logFields, withLogFields, withoutLogFields } from './log-context.js';
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
