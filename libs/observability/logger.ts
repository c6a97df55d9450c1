import type { LogLevel } from '#config';
import { type Logger, type LoggerOptions, pino, stdTimeFunctions } from 'pino';

export type { Logger };

const pinoLevels = { DEBUG: 'debug', INFO: 'info', WARNING: 'warn', ERROR: 'error', CRITICAL: 'fatal' } as const;
const documentedLevels = Object.fromEntries(Object.entries(pinoLevels).map(([ours, theirs]) => [theirs, ours]));

/** JSON lines with the documented fields: timestamp, level, logger, message. */
export function createLogger(name: string, level: LogLevel, destination: 1 | 2 = 1): Logger {
  const options: LoggerOptions = {
    level: pinoLevels[level],
    base: { logger: name },
    messageKey: 'message',
    timestamp: () => stdTimeFunctions.isoTime().replace('"time"', '"timestamp"'),
    formatters: { level: (label) => ({ level: documentedLevels[label] ?? label.toUpperCase() }) },
    serializers: { err: errorFields },
    redact: ['password', 'secretKey', '*.password', '*.secretKey'],
  };
  return pino(options, pino.destination({ dest: destination, sync: true }));
}

/** An error and its chain of causes; the stack stays in the log and goes nowhere else. */
function errorFields(error: Error): Record<string, unknown> {
  const { code } = error as { code?: unknown };
  return {
    type: error.name,
    code,
    message: error.message,
    stack: error.stack,
    ...(error.cause instanceof Error ? { cause: errorFields(error.cause) } : {}),
  };
}
