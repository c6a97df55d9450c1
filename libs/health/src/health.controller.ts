import { Controller, Get, Inject, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { HealthCheckService, HealthIndicatorService, type HealthIndicatorResult } from '@nestjs/terminus';
import type { Response } from 'express';
import { HealthChecker } from './health-checker.js';
import type { HealthCheck } from './health-check.js';
import { HEALTH_OPTIONS, type HealthOptions } from './health-options.js';

@ApiExcludeController()
@Controller('health')
export class HealthController {
  constructor(
    @Inject(HEALTH_OPTIONS) private readonly options: HealthOptions,
    private readonly health: HealthCheckService,
    private readonly indicators: HealthIndicatorService,
    private readonly dependencies: HealthChecker,
  ) {}

  /** Every dependency, for load balancers and people. */
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

  /** Whether the event loop turns; asks nothing else, or an outage elsewhere would restart every process. */
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
    const result = await this.health
      .check(checks.map((check) => () => this.ask(check)))
      .catch((error: { getResponse(): { details: HealthIndicatorResult } }) => error.getResponse());
    const entries = Object.entries(result.details).map(([name, { status, ...facts }]) => {
      return [name, { status: status === 'up' ? 'healthy' : 'unhealthy', ...facts }] as const;
    });
    return { healthy: entries.every(([, { status }]) => status === 'healthy'), checks: Object.fromEntries(entries) };
  }

  private async ask(dependency: HealthCheck): Promise<HealthIndicatorResult> {
    const indicator = this.indicators.check(dependency.name);
    const { fault, latencyMs, facts } = await this.dependencies.check(dependency);
    const latency_ms = Math.round(latencyMs);
    return fault ? indicator.down({ error: fault.message, latency_ms }) : indicator.up({ latency_ms, ...facts });
  }
}
