import { type CanActivate, Inject, Injectable } from '@nestjs/common';
import { OverloadError } from '#core';
import { UploadMetrics } from '#observability';
import { RenderRepository, type WaitingLimits } from '#persistence';
import { RequestContext } from '../http/request-context.js';

export const WAITING_LIMITS = Symbol('how many renders may wait');

/** Refuses a submission that the queue has no room for before a byte of its body is read. The record decides again. */
@Injectable()
export class WaitingRoomGuard implements CanActivate {
  constructor(
    private readonly renders: RenderRepository,
    private readonly metrics: UploadMetrics,
    @Inject(WAITING_LIMITS) private readonly limits: WaitingLimits,
    private readonly context: RequestContext,
  ) {
    metrics.setQueueLimit(limits.total);
  }

  /** @throws OverloadError when too many renders wait, of this client or in all; DependencyError */
  async canActivate(): Promise<boolean> {
    try {
      await this.renders.assertRoom(this.context.principal.client, this.limits);
      return true;
    } catch (error) {
      if (error instanceof OverloadError) this.metrics.rejections.inc({ reason: error.code });
      throw error;
    }
  }
}
