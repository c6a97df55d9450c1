import fc from 'fast-check';
import { UploadPace } from './upload-pace.js';

const KIB = 1024;
const LIMITS = { stallMs: 20_000, graceMs: 10_000, graceBytes: 64 * KIB, minBytesPerSecond: 16 * KIB };

/** Seconds until the upload is refused, with what `bytesOf` sends in each; undefined when it is not in 5 minutes. */
function refusedAfter(bytesOf: (second: number) => number, limits = LIMITS): number | undefined {
  const pace = new UploadPace(limits);
  for (let second = 0; second < 300; second++) {
    const bytes = bytesOf(second);
    if (bytes > 0) pace.receive(bytes);
    pace.elapse(1_000);
    if (pace.violation) return second + 1;
  }
  return undefined;
}

describe('UploadPace', () => {
  it.each<[string, (second: number) => number, number | undefined]>([
    ['a phone at 20 KB/s', () => 20 * KIB, undefined],
    ['the minimum rate itself', () => 16 * KIB, undefined],
    ['the least in the grace period, the minimum rate from then on', (s) => (s < 10 ? 6.5 : 16.1) * KIB, undefined],
    ['a pause of 15 s after 20 s at 40 KB/s', (s) => (s >= 20 && s < 35 ? 0 : 40 * KIB), undefined],
    ['a byte a second', () => 1, 10],
    ['a byte each 15 s', (s) => (s % 15 === 0 ? 1 : 0), 10],
    ['less than the grace bytes in the grace period', () => 6 * KIB, 10],
    ['half the minimum rate', () => 8 * KIB, 12],
    ['10 MB at once and a byte a second after it', (s) => (s === 0 ? 10 * KIB * KIB : 1), 21],
    ['nothing', () => 0, 10],
    ['1 MB and nothing', (s) => (s === 0 ? KIB * KIB : 0), 20],
  ])('%s', (_what, bytesOf, expected) => {
    expect(refusedAfter(bytesOf)).toBe(expected);
  });

  it('names the rate that is required', () => {
    const pace = new UploadPace(LIMITS);
    pace.receive(1);
    pace.elapse(10_000);
    expect(pace.violation).toMatchObject({
      code: 'request_timeout',
      message: 'The upload is too slow',
      hint: expect.stringContaining('64 KB in the first 10 seconds and 16 KB a second after that'),
    });
    const plain = new UploadPace({ ...LIMITS, graceBytes: 0 });
    plain.receive(1);
    plain.elapse(10_001);
    expect(plain.violation?.hint).toContain('At least 16 KB a second after 10 seconds must arrive');
  });

  it('asks for no rate where it is 0, and ends stalls all the same', () => {
    const off = { ...LIMITS, minBytesPerSecond: 0 };
    expect(refusedAfter(() => 1, off)).toBeUndefined();
    expect(refusedAfter(() => 0, off)).toBe(20);
  });

  it('returns the recent rate, whatever came before', () => {
    const pace = new UploadPace(LIMITS);
    pace.receive(100 * KIB);
    pace.elapse(1_000);
    expect(pace.recentBytesPerSecond).toBe(Infinity);
    pace.elapse(20_000);
    expect(pace.recentBytesPerSecond).toBeLessThan(KIB);
    for (let i = 0; i < 80; i++) {
      pace.receive(10 * KIB);
      pace.elapse(250);
    }
    expect(pace.recentBytesPerSecond).toBeGreaterThan(30 * KIB);
    expect(pace.recentBytesPerSecond).toBeLessThan(50 * KIB);
  });

  const second = fc.integer({ min: 0, max: 100 * KIB });

  it('never refuses what comes at the rate, in any pieces, and never takes less than it in the long run', () => {
    fc.assert(
      fc.property(fc.array(second, { minLength: 60, maxLength: 120 }), (bytes) => {
        const seconds = refusedAfter((i) => bytes[i] ?? 0);
        const lasted = Math.min(seconds ?? 300, bytes.length);
        const came = bytes.slice(0, lasted).reduce((sum, each) => sum + each, 0);
        // The duration accepted: what came is the grace bytes and the rate for all but the grace period and one second.
        if (lasted > 10) {
          expect(came).toBeGreaterThanOrEqual(LIMITS.graceBytes + (lasted - 11) * LIMITS.minBytesPerSecond);
        }
        if (bytes.every((each) => each >= LIMITS.minBytesPerSecond)) {
          expect(seconds ?? 300).toBeGreaterThan(bytes.length);
        }
      }),
    );
  });

  it('counts no time in which the process was not ready', () => {
    fc.assert(
      fc.property(fc.array(second, { maxLength: 50 }), (bytes) => {
        const pace = new UploadPace(LIMITS);
        for (const each of bytes) pace.receive(each);
        expect(pace.violation).toBeUndefined();
      }),
    );
  });
});
