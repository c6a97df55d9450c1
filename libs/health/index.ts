export type { HealthCheck } from './health-check.js';
export type { HealthOptions } from './health.controller.js';
export { HealthModule } from './health.module.js';
