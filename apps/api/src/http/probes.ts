export const METRICS_PATH = '/metrics';
const PROBES = new Set(['/health', '/health/liveness', '/health/readiness', METRICS_PATH]);

/** Whether a path is asked all the time by machines: it is no news, and answered even when there is room for nothing else. */
export function isProbe(path: string): boolean {
  return PROBES.has(path);
}
