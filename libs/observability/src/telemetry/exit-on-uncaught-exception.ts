import type { Logger } from '../logger.js';
import type { ErrorContext } from './error-reporter.js';
import type { Telemetry } from './telemetry.js';

/**
 * Exits on an uncaught error, as Node.js would, but logs and reports it as any other error: what Node.js prints is no
 * JSON and is not redacted.
 */
export function exitOnUncaughtException(
  logger: Logger,
  telemetry: Telemetry,
  component: ErrorContext['component'],
): void {
  process.once('uncaughtException', (error) => {
    // An error during the exit must not replace it.
    process.on('uncaughtException', () => undefined);
    logger.fatal({ err: error }, 'The process ends: nothing caught an error');
    telemetry.report(error, { component, code: 'uncaught' });
    void telemetry.close().finally(() => process.exit(1));
  });
}
