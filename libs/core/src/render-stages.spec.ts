import { type StageTiming, timeStage } from './render-stages.js';

describe('the timing of a stage', () => {
  it('tells when a stage began and how long it took, and gives its result', async () => {
    const told: StageTiming[] = [];
    const before = Date.now();
    const work = () => new Promise((resolve) => setTimeout(resolve, 20, 'print'));
    expect(await timeStage('paint', work, (timing) => told.push(timing))).toBe('print');
    expect(told).toEqual([
      { stage: 'paint', startedAt: expect.any(Number), durationMs: expect.any(Number), failed: false },
    ]);
    expect(told[0].startedAt).toBeGreaterThanOrEqual(before);
    expect(told[0].durationMs).toBeGreaterThan(15);
  });

  it('tells of a stage that failed too, and passes its fault on', async () => {
    const told: StageTiming[] = [];
    const fault = new Error('away');
    const broken = timeStage(
      'upload',
      () => Promise.reject(fault),
      (timing) => told.push(timing),
    );
    await expect(broken).rejects.toBe(fault);
    expect(told).toMatchObject([{ stage: 'upload', failed: true }]);
  });
});
