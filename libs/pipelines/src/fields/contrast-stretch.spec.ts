import fc from 'fast-check';
import { partialRange, stretchShare } from './contrast-stretch.js';

const BINS = 256;
const histogram = (...tones: [tone: number, pixels: number][]): Float64Array => {
  const counts = new Float64Array(BINS);
  for (const [tone, pixels] of tones) counts[Math.min(BINS - 1, Math.floor(tone * BINS))] += pixels;
  return counts;
};
const tone = fc.double({ min: 0, max: 1, noNaN: true });

describe('stretchShare', () => {
  it('is nothing for one tone, with noise or without', () => {
    fc.assert(
      fc.property(tone, fc.double({ min: 0, max: 0.02, noNaN: true }), (middle, noise) => {
        const [low, high] = [Math.max(0, middle - noise), Math.min(1, middle + noise)];
        expect(stretchShare(histogram([low, 1], [middle, 5], [high, 1]), low, high)).toBe(0);
      }),
    );
  });

  it('is nothing for a page with little on it, wherever the percentiles fall', () => {
    fc.assert(
      fc.property(tone, tone, fc.integer({ min: 1, max: 90 }), (ground, thing, pixels) => {
        const counts = histogram([ground, 1000 - pixels], [thing, pixels]);
        const [low, high] = [Math.min(ground, thing), Math.max(ground, thing)];
        expect(stretchShare(counts, low, high)).toBeCloseTo(0, 6);
        expect(stretchShare(counts, ground, ground)).toBe(0);
      }),
    );
  });

  it('is all for a photo with tones of many kinds', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 0.35, noNaN: true }),
        fc.double({ min: 0.7, max: 1, noNaN: true }),
        (low, high) => {
          const tones = Array.from({ length: 40 }, (_, i): [number, number] => [low + ((high - low) * i) / 39, 5]);
          expect(stretchShare(histogram(...tones), low, high)).toBe(1);
        },
      ),
    );
  });

  it('is bounded by how far it moves the mean tone', () => {
    const counts = histogram([0.5, 60], [0.45, 5], [1, 35]);
    const share = stretchShare(counts, 0.5, 1);
    expect(share).toBeGreaterThan(0);
    expect(share).toBeLessThan(1);
  });
});

describe('partialRange', () => {
  it('goes from no stretch to the whole of it', () => {
    expect(partialRange(0.3, 0.7, 0)).toEqual({ low: 0, high: 1 });
    expect(partialRange(0.3, 0.7, 1)).toEqual({ low: 0.3, high: 0.7 });
  });
});
