import { Inject, Injectable } from '@nestjs/common';
import { type HealthCheckAttempt, HealthIndicatorService } from '@nestjs/terminus';
import { DependencyHealth, type DependencyName, type DependencyState } from '#core';
import type { HealthCheck } from './health-check.js';
import { HEALTH_OPTIONS, type HealthOptions } from './health-options.js';

/** Leaves time to send the response within two seconds. */
const CHECK_TIMEOUT_MS = 1_700;

/** Checks the dependencies of the application, each with a timeout: a Terminus indicator for each. */
@Injectable()
export class DependencyIndicator extends DependencyHealth {
  constructor(
    @Inject(HEALTH_OPTIONS) private readonly options: HealthOptions,
    private readonly indicators: HealthIndicatorService,
  ) {
    super();
  }

  /** Never rejects: resolves with `up` and the info that the check returned, or with `down` and the error's message. */
  check(dependency: HealthCheck): HealthCheckAttempt<string> {
    return this.indicators
      .check(dependency.name)
      .attempt(() => dependency.check())
      .withTimeout(CHECK_TIMEOUT_MS);
  }

  states(): Promise<DependencyState[]> {
    const measured = this.options.checks.flatMap((check) =>
      check.dependency ? [this.state(check.dependency, check)] : [],
    );
    return Promise.all(measured);
  }

  private async state(dependency: DependencyName, check: HealthCheck): Promise<DependencyState> {
    const start = performance.now(); // Terminus rounds its time to milliseconds, which a local server often beats.
    const { status } = (await this.check(check))[check.name];
    return { dependency, healthy: status === 'up', latencySeconds: (performance.now() - start) / 1000 };
  }
}
