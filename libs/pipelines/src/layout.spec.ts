import fc from 'fast-check';
import { computeLayout } from './layout.js';

const sheet = { widthPx: 2700, heightPx: 3600, dpi: 300 };

describe('layOut', () => {
  it('covers the sheet around the center by default', () => {
    const { frame, geometry, crop } = computeLayout({ width: 4000, height: 3000 }, sheet);
    expect(frame).toMatchObject({ widthPx: 2700, heightPx: 3600, leftPx: 0, topPx: 0 });
    expect(geometry).toMatchObject({ widthPx: 2700, heightPx: 3600, workingWidth: 1200, workingHeight: 1600 });
    expect(crop).toEqual({ width: 1200, height: 1600, focus: { x: 0.5, y: 0.5 } });
  });

  it.each([
    ['preset', 4000, 3000, [2700, 3600]],
    ['auto', 4000, 3000, [3600, 2700]],
    ['auto', 3000, 4000, [2700, 3600]],
    ['auto', 3000, 3000, [2700, 3600]],
    ['landscape', 3000, 4000, [3600, 2700]],
    ['portrait', 4000, 3000, [2700, 3600]],
  ] as const)('holds the sheet %s for a photo of %dx%d', (orientation, width, height, size) => {
    const { frame } = computeLayout({ width, height }, { ...sheet, orientation });
    expect([frame.widthPx, frame.heightPx]).toEqual(size);
  });

  it('shows a contained photo whole, in the middle, unstretched', () => {
    fc.assert(
      fc.property(fc.integer({ min: 16, max: 10_000 }), fc.integer({ min: 16, max: 10_000 }), (width, height) => {
        const { frame, geometry } = computeLayout({ width, height }, { ...sheet, fit: 'contain' });
        const scale = Math.min(2700 / width, 3600 / height);
        expect(Math.abs(geometry.widthPx - Math.max(1, width * scale))).toBeLessThanOrEqual(0.5);
        expect(Math.abs(geometry.heightPx - Math.max(1, height * scale))).toBeLessThanOrEqual(0.5);
        expect(Math.abs(2 * frame.leftPx + geometry.widthPx - 2700)).toBeLessThanOrEqual(1);
        expect(Math.abs(2 * frame.topPx + geometry.heightPx - 3600)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('keeps the folded edges of a canvas within the sheet', () => {
    const { crop } = computeLayout({ width: 3000, height: 4000 }, { ...sheet, fit: 'mirror-wrap', wrapMm: 25.4 });
    expect(crop).toMatchObject({ width: 1200, height: 1600, mirroredEdge: Math.round((300 * 1200) / 2700) });
    expect(() => computeLayout({ width: 3000, height: 4000 }, { ...sheet, fit: 'mirror-wrap', wrapMm: 90 })).toThrow(
      expect.objectContaining({ code: 'invalid_layout', message: expect.stringContaining('wrapMm') }),
    );
  });

  it('has a detail cover the same share of every size of sheet', () => {
    const photo = { width: 3000, height: 4000 };
    const small = computeLayout(photo, sheet).geometry;
    const large = computeLayout(photo, { widthPx: 9000, heightPx: 12_000, dpi: 300 }).geometry;
    expect(large.pxPerMm / large.heightPx).toBeCloseTo(small.pxPerMm / small.heightPx, 12);
    expect(large.workingPerMm).toBeCloseTo(small.workingPerMm, 12);
  });
});
