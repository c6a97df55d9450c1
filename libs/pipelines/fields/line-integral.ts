import { newPlane, type Plane } from './plane.js';
import type { FlowField } from './structure-tensor.js';

/** Pixels between samples along a streamline: smoothed fields lose nothing by it. */
const STEP_PX = 1.5;

/** Bilinear sample; coordinates outside are moved to the border. */
export function sample(plane: Plane, x: number, y: number): number {
  const { width, height, data } = plane;
  const cx = x < 0 ? 0 : x > width - 1 ? width - 1 : x;
  const cy = y < 0 ? 0 : y > height - 1 ? height - 1 : y;
  const ix = cx | 0;
  const iy = cy | 0;
  const fx = cx - ix;
  const fy = cy - iy;
  const i = iy * width + ix;
  const right = ix < width - 1 ? 1 : 0;
  const below = iy < height - 1 ? width : 0;
  const top = data[i] + (data[i + right] - data[i]) * fx;
  const bottom = data[i + below] + (data[i + below + right] - data[i + below]) * fx;
  return top + (bottom - top) * fy;
}

/**
 * Weighted mean along the streamline through each pixel (Cabral and Leedom 1993), steps of {@link STEP_PX}, nearest tangent.
 * @param kernel weights for steps 0..n to either side, see {@link halfGaussian}; they are normalised here
 */
export function alongFlow(plane: Plane, flow: FlowField, kernel: Float64Array): Plane {
  const { width, height } = plane;
  const out = newPlane(width, height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let sum = kernel[0] * plane.data[y * width + x];
      let weights = kernel[0];
      for (let side = -1; side <= 1; side += 2) {
        let px = x;
        let py = y;
        let dx = side * flow.tx[y * width + x];
        let dy = side * flow.ty[y * width + x];
        for (let k = 1; k < kernel.length; k++) {
          px += STEP_PX * dx;
          py += STEP_PX * dy;
          if (px < 0 || py < 0 || px > width - 1 || py > height - 1) break;
          sum += kernel[k] * sample(plane, px, py);
          weights += kernel[k];
          const at = ((py + 0.5) | 0) * width + ((px + 0.5) | 0);
          const forward = flow.tx[at] * dx + flow.ty[at] * dy < 0 ? -1 : 1;
          dx = forward * flow.tx[at];
          dy = forward * flow.ty[at];
        }
      }
      out.data[y * width + x] = sum / weights;
    }
  }
  return out;
}

/** Half of a Gaussian: weights for steps 0..n out to twice sigma. @param sigma in pixels */
export function halfGaussian(sigma: number, exp: (x: number) => number): Float64Array {
  const steps = sigma / STEP_PX;
  const kernel = new Float64Array(Math.ceil(2 * steps) + 1);
  for (let k = 0; k < kernel.length; k++) kernel[k] = exp((-k * k) / (2 * steps * steps));
  return kernel;
}
