import type { HealthCheck } from './health-check.js';

export const HEALTH_OPTIONS = Symbol('health options');

export interface HealthOptions {
  readonly service: string;
  readonly version: string;
  readonly checks: readonly HealthCheck[];
  /** Whether the process is stopping: then it is not ready, whatever the state of its dependencies. */
  readonly stopping?: () => boolean;
}
