import { exactExp } from './exact-math.js';
import { alongFlow, halfGaussian, sample } from './line-integral.js';
import { newPlane, type Plane } from './plane.js';
import type { FlowField } from './structure-tensor.js';

export interface FdogOptions {
  /** Width of the narrow Gaussian across the edge, in pixels; the line comes out about twice as wide. */
  readonly sigmaEdge: number;
  /** Length over which lines are made coherent along the flow, in pixels. */
  readonly sigmaFlow: number;
}

const RATIO = 1.6;

/**
 * Flow-based difference of Gaussians (Kang, Lee and Chui 2007; separated form of Kyprianidis and Doellner 2008).
 * @param lightness 0..1
 * @returns the response with dark lines positive, about 0.01..0.2 on edges and near 0 elsewhere; not thresholded, so that it
 *   can be enlarged first
 */
export function flowDog(lightness: Plane, flow: FlowField, { sigmaEdge, sigmaFlow }: FdogOptions): Plane {
  return alongFlow(acrossFlow(lightness, flow, sigmaEdge), flow, halfGaussian(sigmaFlow, exactExp));
}

function acrossFlow(lightness: Plane, flow: FlowField, sigma: number): Plane {
  const { width, height } = lightness;
  const out = newPlane(width, height);
  const kernel = differenceKernel(sigma);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const i = y * width + x;
      const nx = -flow.ty[i];
      const ny = flow.tx[i];
      let sum = kernel[0] * lightness.data[i];
      for (let k = 1; k < kernel.length; k++) {
        sum += kernel[k] * (sample(lightness, x + k * nx, y + k * ny) + sample(lightness, x - k * nx, y - k * ny));
      }
      out.data[i] = sum;
    }
  }
  return out;
}

/** Wide minus narrow, each of unit sum, for offsets 0..n: positive where the middle is darker than its surroundings. */
function differenceKernel(sigma: number): Float64Array {
  const radius = Math.ceil(2.5 * RATIO * sigma);
  const narrow = unitHalf(sigma, radius);
  const wide = unitHalf(RATIO * sigma, radius);
  return narrow.map((weight, k) => wide[k] - weight);
}

function unitHalf(sigma: number, radius: number): Float64Array {
  const half = new Float64Array(radius + 1);
  let sum = 0;
  for (let k = 0; k <= radius; k++) {
    half[k] = exactExp((-k * k) / (2 * sigma * sigma));
    sum += k === 0 ? half[k] : 2 * half[k];
  }
  return half.map((weight) => weight / sum);
}
