import { Inject, Injectable } from '@nestjs/common';
import { DependencyHealth, type DependencyState } from '#core';
import type { HealthCheck } from './health-check.js';
import { HEALTH_OPTIONS, type HealthOptions } from './health-options.js';

/** With the answer's own way it stays below two seconds. */
const CHECK_TIMEOUT_MS = 1_700;

/** What came of asking one server. */
export interface CheckResult {
  readonly fault?: Error;
  readonly latencyMs: number;
  /** What it told of itself. */
  readonly facts: Record<string, unknown>;
}

/** Asks the servers that the application names, each for a limited time. */
@Injectable()
export class HealthChecker extends DependencyHealth {
  constructor(@Inject(HEALTH_OPTIONS) private readonly options: HealthOptions) {
    super();
  }

  states(): Promise<DependencyState[]> {
    const named = this.options.checks.flatMap((check) =>
      check.dependency ? [[check.dependency, check] as const] : [],
    );
    return Promise.all(
      named.map(async ([dependency, check]) => {
        const { fault, latencyMs } = await this.check(check);
        return { dependency, healthy: fault === undefined, latencySeconds: latencyMs / 1000 };
      }),
    );
  }

  /** Never fails. */
  async check(dependency: HealthCheck): Promise<CheckResult> {
    const start = performance.now();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error('No answer in time')), CHECK_TIMEOUT_MS);
    });
    try {
      const facts = await Promise.race([dependency.check(), late]);
      return { latencyMs: performance.now() - start, facts: { ...facts } };
    } catch (error) {
      return { fault: error as Error, latencyMs: performance.now() - start, facts: {} };
    } finally {
      clearTimeout(timer);
    }
  }
}
