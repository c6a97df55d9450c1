import { exactExp } from './exact-math.js';
import { gaussianKernel, newPlane, type Plane } from './plane.js';

/** Above this sigma, in pixels, three box means are as good as the bell and cost the same whatever the sigma. */
const BOX_SIGMA = 2.8;

/** Gaussian blur with the border pixels repeated outwards. @param sigma in pixels, above 0 */
export function gaussianBlur(source: Plane, sigma: number): Plane {
  if (sigma <= BOX_SIGMA) {
    const kernel = gaussianKernel(sigma, exactExp);
    return weighColumns(weighRows(source, kernel), kernel);
  }
  const out = { ...source, data: source.data.slice() };
  for (const radius of boxRadii(sigma)) {
    boxRows(out, radius);
    boxColumns(out, radius);
  }
  return out;
}

/** Radii of three box means whose variances add up to that of the Gaussian as nearly as whole pixels allow. */
function boxRadii(sigma: number): number[] {
  const ideal = (Math.sqrt(4 * sigma * sigma + 1) - 1) / 2;
  const low = Math.floor(ideal);
  const missing = 3 * sigma * sigma - 3 * low * (low + 1);
  const raised = Math.min(3, Math.max(0, Math.round(missing / (2 * (low + 1)))));
  return [0, 1, 2].map((pass) => (pass < raised ? low + 1 : low));
}

function weighRows({ width, height, data }: Plane, kernel: Float64Array): Plane {
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

function weighColumns({ width, height, data }: Plane, kernel: Float64Array): Plane {
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

function boxRows({ width, height, data }: Plane, radius: number): void {
  const line = new Float32Array(width + 2 * radius + 1);
  const scale = 1 / (2 * radius + 1);
  for (let y = 0; y < height; y++) {
    const row = y * width;
    line.fill(data[row], 0, radius);
    line.set(data.subarray(row, row + width), radius);
    line.fill(data[row + width - 1], radius + width);
    let sum = 0;
    for (let x = 0; x < 2 * radius; x++) sum += line[x];
    for (let x = 0; x < width; x++) {
      sum += line[x + 2 * radius];
      data[row + x] = sum * scale;
      sum -= line[x];
    }
  }
}

function boxColumns({ width, height, data }: Plane, radius: number): void {
  const source = data.slice();
  const rowAt = (y: number): number => Math.min(height - 1, Math.max(0, y)) * width;
  const scale = 1 / (2 * radius + 1);
  const sums = new Float64Array(width);
  const add = (row: number, sign: number): void => {
    for (let x = 0; x < width; x++) sums[x] += sign * source[row + x];
  };
  for (let y = -radius; y < radius; y++) add(rowAt(y), 1);
  for (let y = 0; y < height; y++) {
    add(rowAt(y + radius), 1);
    for (let x = 0; x < width; x++) data[y * width + x] = sums[x] * scale;
    add(rowAt(y - radius), -1);
  }
}
