import type { LoggerService } from '@nestjs/common';
import { withoutLogFields } from './log-context.js';
import type { Logger } from './logger.js';

/** Contexts in which Nest logs how it assembles an application. The process itself logs a failed start. */
const ASSEMBLY = new Set([
  'NestFactory',
  'InstanceLoader',
  'RoutesResolver',
  'RouterExplorer',
  'NestApplication',
  'ExceptionHandler',
]);

/** Writes the logs of Nest and its static loggers, which concern servers and not requests, through pino. */
export class NestLogger implements LoggerService {
  constructor(private readonly logger: Logger) {}

  log(message: unknown, ...rest: unknown[]): void {
    this.write('info', message, rest);
  }

  error(message: unknown, ...rest: unknown[]): void {
    this.write('error', message, rest);
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.write('warn', message, rest);
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.write('debug', message, rest);
  }

  fatal(message: unknown, ...rest: unknown[]): void {
    this.write('fatal', message, rest);
  }

  /** Nest passes an optional stack and, last, the context's name. */
  private write(level: 'info' | 'error' | 'warn' | 'debug' | 'fatal', message: unknown, rest: unknown[]): void {
    const context = rest.at(-1);
    if (ASSEMBLY.has(context as string)) level = 'debug';
    const stack = rest.length > 1 ? rest[0] : undefined;
    const fields = { context, ...(typeof stack === 'string' ? { traceback: stack } : {}) };
    withoutLogFields(() => {
      if (message instanceof Error) this.logger[level]({ ...fields, err: message }, message.message);
      else this.logger[level](fields, typeof message === 'string' ? message : JSON.stringify(message));
    });
  }
}
