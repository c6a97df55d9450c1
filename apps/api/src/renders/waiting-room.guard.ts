import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { OverloadError, RenderStore, type WaitingLimits } from '#core';
import { UploadMetrics } from '#observability';
import type { Response } from 'express';
import { clientOf } from '../http/client-identity.js';

export const WAITING_LIMITS = Symbol('how many renders may wait');

/** Refuses a submission that the queue has no room for before a byte of its body is read. The record decides again. */
@Injectable()
export class WaitingRoomGuard implements CanActivate {
  constructor(
    private readonly renders: RenderStore,
    private readonly metrics: UploadMetrics,
    @Inject(WAITING_LIMITS) private readonly limits: WaitingLimits,
  ) {
    metrics.setQueueLimit(limits.total);
  }

  /** @throws OverloadError when too many renders wait, of this client or in all; DependencyError */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    try {
      await this.renders.assertRoom(clientOf(context.switchToHttp().getResponse<Response>()), this.limits);
      return true;
    } catch (error) {
      if (error instanceof OverloadError) this.metrics.rejections.inc({ reason: error.code });
      throw error;
    }
  }
}
