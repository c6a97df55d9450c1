import type { AppConfig } from '#config';
import type { Logger } from '../logger.js';
import { Telemetry } from './telemetry.js';

/**
 * The telemetry that the settings ask for. Its libraries are loaded only when they are needed.
 * @param component for the name of the service in traces
 */
export async function openTelemetry(
  component: 'api' | 'worker' | 'embedded',
  { telemetry: { tracing, sentry }, version }: Pick<AppConfig, 'telemetry' | 'version'>,
  logger: Logger,
): Promise<Telemetry> {
  const service = { name: `pop-render-${component}`, version };
  return new Telemetry(
    tracing && (await import('./otel/otel-tracer.js')).openTracer(tracing, service, logger),
    sentry && (await import('./sentry/sentry-reporter.js')).openReporter(sentry, logger),
  );
}
