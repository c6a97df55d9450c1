import { isatty } from 'node:tty';
import { isNativeError } from 'node:util/types';
import type { LogFormat, LogLevel } from '#config';
import { type Logger, type LoggerOptions, pino, stdTimeFunctions } from 'pino';
import { errorFields } from './error-fields.js';
import { logFields } from './log-context.js';
import { SERVICE } from './service-name.js';
import { prettyLine } from './pretty-line.js';
import { redacted, redactedText } from './redaction.js';

export type { Logger };

/** The settings of the log. */
export interface LogSettings {
  readonly logLevel: LogLevel;
  /** `auto`, the default, is pretty on a terminal and JSON anywhere else. */
  readonly logFormat?: LogFormat;
  readonly version?: string;
}

const pinoLevels = { DEBUG: 'debug', INFO: 'info', WARNING: 'warn', ERROR: 'error', CRITICAL: 'fatal' } as const;
const documentedLevels = Object.fromEntries(Object.entries(pinoLevels).map(([ours, theirs]) => [theirs, ours]));

/**
 * JSON lines with the documented fields: timestamp, level, logger, message, and those of the current request or render.
 * Fields whose names mean secrets are redacted at any depth.
 */
export function createLogger(name: string, settings: LogSettings, destination: 1 | 2 = 1): Logger {
  const { logLevel, logFormat = 'auto', version } = settings;
  const options: LoggerOptions = {
    level: pinoLevels[logLevel],
    base: { logger: name, service: SERVICE, version },
    messageKey: 'message',
    timestamp: () => stdTimeFunctions.isoTime().replace('"time"', '"timestamp"'),
    // A copy: pino adds the fields of the line to it.
    mixin: () => ({ ...logFields() }),
    formatters: {
      level: (label) => ({ level: documentedLevels[label] ?? label.toUpperCase() }),
      log: lineFields,
    },
    hooks: {
      logMethod(args, method) {
        method.apply(this, withoutSecrets(args) as typeof args);
      },
    },
  };
  const out = pino.destination({ dest: destination, sync: true });
  const pretty = logFormat === 'pretty' || (logFormat === 'auto' && isatty(destination));
  return pino(options, pretty ? { write: (line: string) => out.write(prettyLine(line)) } : out);
}

/** Redacts the message, which is no field. An error that is logged alone provides it. */
function withoutSecrets(args: readonly unknown[]): unknown[] {
  const [first, ...rest] = args;
  if (isNativeError(first) && rest.length === 0) return [{ err: first }, redactedText(first.message)];
  return args.map((arg) => (typeof arg === 'string' ? redactedText(arg) : arg));
}

/** The line's own fields override those of its error. */
function lineFields({ err, ...fields }: Record<string, unknown>): Record<string, unknown> {
  const merged = err === undefined ? fields : { ...errorFields(err), ...fields };
  return redacted(merged) as Record<string, unknown>;
}
