import { exactExp } from './exact-math.js';
import { gaussianKernel, newPlane, type Plane } from './plane.js';

/** Gaussian blur with the border pixels repeated outwards. @param sigma in pixels, above 0 */
export function gaussianBlur(source: Plane, sigma: number): Plane {
  const kernel = gaussianKernel(sigma, exactExp);
  return blurColumns(blurRows(source, kernel), kernel);
}

function blurRows({ width, height, data }: Plane, kernel: Float64Array): Plane {
  const out = newPlane(width, height);
  const radius = (kernel.length - 1) / 2;
  const line = new Float32Array(width + 2 * radius);
  for (let y = 0; y < height; y++) {
    const row = y * width;
    line.fill(data[row], 0, radius);
    line.set(data.subarray(row, row + width), radius);
    line.fill(data[row + width - 1], radius + width);
    for (let x = 0; x < width; x++) {
      let sum = 0;
      for (let k = 0; k < kernel.length; k++) sum += kernel[k] * line[x + k];
      out.data[row + x] = sum;
    }
  }
  return out;
}

function blurColumns({ width, height, data }: Plane, kernel: Float64Array): Plane {
  const out = newPlane(width, height);
  const radius = (kernel.length - 1) / 2;
  const sums = new Float64Array(width);
  for (let y = 0; y < height; y++) {
    sums.fill(0);
    for (let k = -radius; k <= radius; k++) {
      const row = Math.min(height - 1, Math.max(0, y + k)) * width;
      const weight = kernel[k + radius];
      for (let x = 0; x < width; x++) sums[x] += weight * data[row + x];
    }
    out.data.set(sums, y * width);
  }
  return out;
}
