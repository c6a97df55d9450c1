import { newPlane, type Plane } from './plane.js';

/**
 * Mean over a straight segment through each pixel, by sheared running sums: the cost does not depend on the length.
 * @param direction unit vector
 * @param halfLength of the segment in pixels
 */
export function directionalBox(plane: Plane, direction: { cos: number; sin: number }, halfLength: number): Plane {
  const { width, height, data } = plane;
  const out = newPlane(width, height);
  const isFlat = Math.abs(direction.cos) >= Math.abs(direction.sin);
  const major = isFlat ? width : height;
  const minor = isFlat ? height : width;
  const [majorStride, minorStride] = isFlat ? [1, width] : [width, 1];
  const slope = isFlat ? direction.sin / direction.cos : direction.cos / direction.sin;
  const reach = Math.max(1, Math.round(halfLength * Math.max(Math.abs(direction.cos), Math.abs(direction.sin))));
  const shift = Int32Array.from({ length: major }, (_, i) => Math.round(i * slope));
  const extent = shift[major - 1];
  const sums = new Float64Array(major + 1);
  const offsets = new Int32Array(major);
  for (let line = Math.min(0, -extent); line < minor + Math.max(0, -extent); line++) {
    let count = 0;
    for (let i = 0; i < major; i++) {
      const j = line + shift[i];
      if (j < 0 || j >= minor) continue;
      offsets[count] = i * majorStride + j * minorStride;
      sums[count + 1] = sums[count] + data[offsets[count]];
      count++;
    }
    for (let i = 0; i < count; i++) {
      const low = i - reach < 0 ? 0 : i - reach;
      const high = i + reach + 1 > count ? count : i + reach + 1;
      out.data[offsets[i]] = (sums[high] - sums[low]) / (2 * reach + 1);
    }
  }
  return out;
}
