import type { Logger } from '../logger.js';
import type { ErrorContext } from './error-reporter.js';
import type { Telemetry } from './telemetry.js';

/**
 * Ends the process, as Node.js would, on an error that nothing caught, but tells of it as of any other: by a line of the
 * log rather than by what Node.js prints, which is no JSON and holds whatever the error does, and by a report.
 */
export function exitOnUncaughtException(
  logger: Logger,
  telemetry: Telemetry,
  component: ErrorContext['component'],
): void {
  process.once('uncaughtException', (error) => {
    // What goes wrong on the way out must not be taken for it.
    process.on('uncaughtException', () => undefined);
    logger.fatal({ err: error }, 'The process ends: nothing caught an error');
    telemetry.report(error, { component, code: 'uncaught' });
    void telemetry.close().finally(() => process.exit(1));
  });
}
