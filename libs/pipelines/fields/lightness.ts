import type { RgbImage } from '#photo';
import { newPlane, type Plane } from './plane.js';

/** Rec. 709 luma of an sRGB image, 0..1. */
export function lumaPlane({ width, height, data }: RgbImage): Plane {
  const plane = newPlane(width, height);
  for (let i = 0; i < plane.data.length; i++) {
    plane.data[i] = (0.2126 * data[3 * i] + 0.7152 * data[3 * i + 1] + 0.0722 * data[3 * i + 2]) / 255;
  }
  return plane;
}

/** Luma of three smoothed planes R, G, B of range 0..255. */
export function lumaOfPlanes([red, green, blue]: readonly Plane[]): Plane {
  const plane = newPlane(red.width, red.height);
  for (let i = 0; i < plane.data.length; i++) {
    plane.data[i] = (0.2126 * red.data[i] + 0.7152 * green.data[i] + 0.0722 * blue.data[i]) / 255;
  }
  return plane;
}

/** Value below which the given share (0..1) of a plane of range 0..1 lies, to 1/1024. */
export function percentile({ data }: Plane, share: number): number {
  const counts = new Int32Array(1025);
  for (let i = 0; i < data.length; i++) counts[Math.min(1024, Math.max(0, Math.floor(data[i] * 1024)))]++;
  let left = share * data.length;
  for (let bin = 0; bin < 1025; bin++) {
    left -= counts[bin];
    if (left < 0) return bin / 1024;
  }
  return 1;
}
