export type { HealthCheck } from './health-check.js';
export type { HealthOptions } from './health-options.js';
export { HealthModule } from './health.module.js';
