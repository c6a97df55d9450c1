import type { HealthCheck } from './health-check.js';

export const HEALTH_OPTIONS = Symbol('health options');

export interface HealthOptions {
  readonly service: string;
  readonly version: string;
  readonly checks: readonly HealthCheck[];
  /** Whether the process was told to stop: it is not ready then, whatever its servers say. */
  readonly stopping?: () => boolean;
}
