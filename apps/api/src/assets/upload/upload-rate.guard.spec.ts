import type { HttpConfig } from '#config';
import { OverloadError, type PhotoInspector, type PopRenderError } from '#core';
import type { UploadMetrics } from '#observability';
import type { RequestContext } from '../../http/request-context.js';
import { UploadRateGuard } from './upload-rate.guard.js';

function guardOf(uploadsPerSecondPerClient: number, assertBudget: (client: string) => void = () => undefined) {
  const principal = { client: '' };
  const guard = new UploadRateGuard(
    { uploadsPerSecondPerClient } as HttpConfig,
    { assertBudget } as unknown as PhotoInspector,
    { principal } as unknown as RequestContext,
    { rejections: { inc: () => undefined } } as unknown as UploadMetrics,
  );
  return (client: string): boolean | PopRenderError => {
    principal.client = client;
    try {
      return guard.canActivate();
    } catch (error) {
      return error as PopRenderError;
    }
  };
}

describe('the rate of uploads', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it('is limited for each client, with room for what comes at once', () => {
    const upload = guardOf(2);
    expect([1, 2, 3, 4].map(() => upload('a'))).toEqual([true, true, true, true]);
    expect(upload('a')).toMatchObject({ code: 'too_many_requests', retryAfterSeconds: 1 });
    expect(upload('b')).toBe(true);
    jest.advanceTimersByTime(500);
    expect(upload('a')).toBe(true);
    expect(upload('a')).toMatchObject({ code: 'too_many_requests' });
  });

  it('is not limited by 0', () => {
    const upload = guardOf(0);
    expect(Array.from({ length: 1_000 }, () => upload('a')).every((passed) => passed === true)).toBe(true);
  });

  it('is none for a client whose photos took too much time', () => {
    const overdrawn = new OverloadError('too_many_requests', 'Your photos took much time to check lately');
    const upload = guardOf(0, (client) => {
      if (client === 'a') throw overdrawn;
    });
    expect(upload('a')).toBe(overdrawn);
    expect(upload('b')).toBe(true);
  });
});
