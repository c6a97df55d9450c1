export { createLogger, type Logger } from './logger.js';
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
