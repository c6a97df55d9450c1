import { type DynamicModule, Module } from '@nestjs/common';
import type { Logger } from './logger.js';

/** Injection token of the process's pino logger. */
export const LOGGER = Symbol('logger');

@Module({})
export class LoggingModule {
  static forRoot(logger: Logger): DynamicModule {
    return {
      module: LoggingModule,
      global: true,
      providers: [{ provide: LOGGER, useValue: logger }],
      exports: [LOGGER],
    };
  }
}
