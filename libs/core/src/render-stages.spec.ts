import { type StageTiming, timeStage } from './render-stages.js';

describe('the timing of a stage', () => {
  it('reports when a stage began and how long it took, and returns its result', async () => {
    const reported: StageTiming[] = [];
    const before = Date.now();
    const work = () => new Promise((resolve) => setTimeout(resolve, 20, 'print'));
    expect(await timeStage('paint', work, (timing) => reported.push(timing))).toBe('print');
    expect(reported).toEqual([
      { stage: 'paint', startedAt: expect.any(Number), durationMs: expect.any(Number), failed: false },
    ]);
    expect(reported[0].startedAt).toBeGreaterThanOrEqual(before);
    expect(reported[0].durationMs).toBeGreaterThan(15);
  });

  it('reports a stage that failed too, and rethrows its error', async () => {
    const reported: StageTiming[] = [];
    const failure = new Error('unreachable');
    const broken = timeStage(
      'upload',
      () => Promise.reject(failure),
      (timing) => reported.push(timing),
    );
    await expect(broken).rejects.toBe(failure);
    expect(reported).toMatchObject([{ stage: 'upload', failed: true }]);
  });
});
