import { type CanActivate, Inject, Injectable } from '@nestjs/common';
import type { HttpConfig } from '#config';
import { OverloadError, PhotoInspector } from '#core';
import { ClientBudgets } from '#sandbox';
import { UploadMetrics } from '#observability';
import { HTTP_CONFIG } from '../../http/app-config.js';
import { RequestContext } from '../../http/request-context.js';

/** A client that was idle may send at once as many as its rate allows in this time. */
const BURST_MS = 2_000;

/** Refuses uploads of a client that sends too many, or whose photos took too much time, at the least cost: by their headers. */
@Injectable()
export class UploadRateGuard implements CanActivate {
  private readonly budgets?: ClientBudgets;

  constructor(
    @Inject(HTTP_CONFIG) { uploadsPerSecondPerClient }: HttpConfig,
    private readonly inspector: PhotoInspector,
    private readonly context: RequestContext,
    private readonly metrics: UploadMetrics,
  ) {
    if (uploadsPerSecondPerClient === 0) return;
    const capacity = (uploadsPerSecondPerClient * BURST_MS) / 1_000;
    this.budgets = new ClientBudgets({ capacity, refillMs: BURST_MS });
  }

  /** @throws OverloadError `too_many_requests` */
  canActivate(): boolean {
    const { client } = this.context.principal;
    try {
      this.spendOne(client);
      this.inspector.assertBudget(client);
      return true;
    } catch (error) {
      if (error instanceof OverloadError) this.metrics.rejections.inc({ reason: error.code });
      throw error;
    }
  }

  private spendOne(client: string): void {
    if (!this.budgets) return;
    if (this.budgets.balance(client) < 1) {
      throw new OverloadError('too_many_requests', 'Too many uploads of this client a second', {
        hint: 'Send the photo again after the seconds in Retry-After, and fewer at a time',
        retryAfterSeconds: Math.ceil(this.budgets.secondsUntil(client, 1)),
      });
    }
    this.budgets.spend(client, 1);
  }
}
