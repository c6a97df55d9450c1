import { type DynamicModule, type FactoryProvider, Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { DependencyHealth } from '#core';
import { DependencyIndicator } from './dependency-indicator.js';
import { HealthController } from './health.controller.js';
import { HEALTH_OPTIONS, type HealthOptions } from './health-options.js';

/** Serves /health, /health/readiness and /health/liveness over the application's checks; the metrics read their states. */
@Module({})
export class HealthModule {
  static forRoot(options: Pick<FactoryProvider<HealthOptions>, 'inject' | 'useFactory'>): DynamicModule {
    return {
      module: HealthModule,
      imports: [TerminusModule.forRoot({ logger: false })],
      controllers: [HealthController],
      global: true,
      providers: [
        { provide: HEALTH_OPTIONS, ...options },
        DependencyIndicator,
        { provide: DependencyHealth, useExisting: DependencyIndicator },
      ],
      exports: [DependencyHealth],
    };
  }
}
