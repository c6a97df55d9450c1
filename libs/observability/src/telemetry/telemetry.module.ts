import { type DynamicModule, Module } from '@nestjs/common';
import { Telemetry } from './telemetry.js';

/** Provides the process's telemetry to everything in it. */
@Module({})
export class TelemetryModule {
  static forRoot(telemetry: Telemetry): DynamicModule {
    return {
      module: TelemetryModule,
      global: true,
      providers: [{ provide: Telemetry, useValue: telemetry }],
      exports: [Telemetry],
    };
  }
}
