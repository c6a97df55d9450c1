import { Controller, Get, Inject, Res, ServiceUnavailableException } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { type HealthCheckResult, HealthCheckService, type HealthIndicatorResult } from '@nestjs/terminus';
import type { Response } from 'express';
import { DependencyIndicator } from './dependency-indicator.js';
import type { HealthCheck } from './health-check.js';
import { HEALTH_OPTIONS, type HealthOptions } from './health-options.js';

@ApiExcludeController()
@Controller('health')
export class HealthController {
  constructor(
    @Inject(HEALTH_OPTIONS) private readonly options: HealthOptions,
    private readonly health: HealthCheckService,
    private readonly indicator: DependencyIndicator,
  ) {}

  /** The state of every dependency. */
  @Get()
  async all(@Res() response: Response): Promise<void> {
    const { healthy, checks } = await this.run(this.options.checks);
    this.answer(response, healthy, {
      status: healthy ? 'healthy' : 'unhealthy',
      service: this.options.service,
      version: this.options.version,
      timestamp: new Date().toISOString(),
      uptime_seconds: Math.floor(process.uptime()),
      checks,
    });
  }

  /** Whether to send traffic here. */
  @Get('readiness')
  async readiness(@Res() response: Response): Promise<void> {
    const { healthy, checks } = await this.run(this.options.checks.filter(({ critical }) => critical));
    const ready = healthy && !this.options.stopping?.();
    this.answer(response, ready, {
      status: ready ? 'ready' : 'not_ready',
      service: this.options.service,
      timestamp: new Date().toISOString(),
      checks,
    });
  }

  /** Whether the event loop responds; checks no dependency, or an outage elsewhere would restart every process. */
  @Get('liveness')
  liveness(@Res() response: Response): void {
    this.answer(response, true, {
      status: 'alive',
      service: this.options.service,
      timestamp: new Date().toISOString(),
      uptime_seconds: Math.floor(process.uptime()),
    });
  }

  private answer(response: Response, healthy: boolean, body: Record<string, unknown>): void {
    response
      .status(healthy ? 200 : 503)
      .setHeader('Cache-Control', 'no-store')
      .json(body);
  }

  private async run(checks: readonly HealthCheck[]): Promise<{ healthy: boolean; checks: Record<string, unknown> }> {
    const { details } = await this.health.check(checks.map((check) => this.indicator.check(check))).catch(resultOf);
    return { healthy: Object.values(details).every(({ status }) => status === 'up'), checks: toChecks(details) };
  }
}

/** Terminus throws its result when a dependency is down, and during the application's shutdown. */
function resultOf(thrown: unknown): HealthCheckResult {
  if (thrown instanceof ServiceUnavailableException) return thrown.getResponse() as HealthCheckResult;
  throw thrown;
}

/** Terminus's results under the documented names. */
function toChecks(details: HealthIndicatorResult): Record<string, unknown> {
  const entries = Object.entries(details).map(([name, { status, responseTime, ...info }]) => {
    const latency_ms = responseTime as number;
    const check =
      status === 'up'
        ? { status: 'healthy', latency_ms, ...info }
        : { status: 'unhealthy', error: info.message as string, latency_ms };
    return [name, check];
  });
  return Object.fromEntries(entries) as Record<string, unknown>;
}
