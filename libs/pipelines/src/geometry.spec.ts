import { printGeometry } from './geometry.js';

describe('printGeometry', () => {
  it('shrinks the longer side to 1600 pixels and never enlarges', () => {
    expect(printGeometry(9000, 12_000, 300)).toMatchObject({ workingWidth: 1200, workingHeight: 1600 });
    expect(printGeometry(300, 400, 300)).toMatchObject({ workingWidth: 300, workingHeight: 400, workingPerPxX: 1 });
  });

  it('takes millimeters literally on a 12 inch print and in proportion on others', () => {
    expect(printGeometry(2700, 3600, 300).pxPerMm).toBeCloseTo(300 / 25.4, 6);
    expect(printGeometry(9000, 12_000, 300).pxPerMm).toBeCloseTo((10 / 3) * (300 / 25.4), 6);
    expect(printGeometry(9000, 12_000, 300).workingPerMm).toBeCloseTo(printGeometry(2700, 3600, 300).workingPerMm, 6);
  });

  it.each([
    [0, 10, 300],
    [10, 10.5, 300],
    [10, 40_000, 300],
    [10, 10, 0],
    [Number.NaN, 10, 300],
  ])('refuses %d x %d at %d dpi', (width, height, dpi) => {
    expect(() => printGeometry(width, height, dpi)).toThrow('Impossible print size');
  });
});
