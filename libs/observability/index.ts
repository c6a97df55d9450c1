export { createLogger, type Logger } from './logger.js';
export { LOGGER, LoggingModule } from './logging.module.js';
export { httpMetrics } from './http-metrics.js';
export { SERVICE } from './metrics.js';
export { MetricsModule, type MetricsSource } from './metrics.module.js';
export { NestLogger } from './nest-logger.js';
export { watchProcesses } from './process-metrics.js';
export { beginSeries, countLostWorker, reconcilerMetrics, renderMetrics, RenderSeries } from './render-metrics.js';
export { REJECTION_REASONS, uploadMetrics } from './upload-metrics.js';
