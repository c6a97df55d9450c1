import { type DynamicModule, type FactoryProvider, Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { HEALTH_OPTIONS, HealthController, type HealthOptions } from './health.controller.js';

/** Serves /health, /health/readiness and /health/liveness over the checks the application names. */
@Module({})
export class HealthModule {
  static forRoot(options: Pick<FactoryProvider<HealthOptions>, 'inject' | 'useFactory'>): DynamicModule {
    return {
      module: HealthModule,
      imports: [TerminusModule.forRoot({ logger: false })],
      controllers: [HealthController],
      providers: [{ provide: HEALTH_OPTIONS, ...options }],
    };
  }
}
