import { gaussianBlur } from './gaussian.js';
import { newPlane, type Plane } from './plane.js';

/** Local direction of an image: unit tangents along its edges and how sure they are. */
export interface FlowField {
  readonly width: number;
  readonly height: number;
  readonly tx: Float32Array;
  readonly ty: Float32Array;
  /** 0 no direction at all .. 1 a straight edge. */
  readonly anisotropy: Float32Array;
  /** Length of the smoothed gradient, in units of the channels per pixel. */
  readonly strength: Float32Array;
}

/**
 * Tangent field from the Gaussian-smoothed structure tensor (Brox et al. 2006; Kyprianidis and Doellner 2008).
 * @param channels planes of one size, any range
 * @param sigma smoothing of the tensor, in pixels
 */
export function flowField(channels: readonly Plane[], sigma: number): FlowField {
  const { width, height } = channels[0];
  const { xx, xy, yy } = tensor(channels);
  const e = gaussianBlur(xx, sigma).data;
  const f = gaussianBlur(xy, sigma).data;
  const g = gaussianBlur(yy, sigma).data;
  const n = width * height;
  const flow = {
    width,
    height,
    tx: new Float32Array(n),
    ty: new Float32Array(n),
    anisotropy: new Float32Array(n),
    strength: new Float32Array(n),
  };
  for (let i = 0; i < n; i++) solve(flow, i, e[i], f[i], g[i]);
  return flow;
}

/** Eigenvector of the smaller eigenvalue; of its two forms the one that loses fewer digits. */
function solve(flow: FlowField, i: number, e: number, f: number, g: number): void {
  const d = Math.sqrt((e - g) * (e - g) + 4 * f * f);
  const major = (e + g + d) / 2;
  let tx = e > g ? -f : major - e;
  let ty = e > g ? major - g : -f;
  const length = Math.sqrt(tx * tx + ty * ty);
  if (length > 1e-12) {
    tx /= length;
    ty /= length;
  } else {
    tx = 1;
    ty = 0;
  }
  flow.tx[i] = tx;
  flow.ty[i] = ty;
  flow.anisotropy[i] = e + g > 1e-12 ? d / (e + g) : 0;
  flow.strength[i] = Math.sqrt(Math.max(0, major));
}

/** Products of Sobel gradients, summed over the channels; borders repeated. */
function tensor(channels: readonly Plane[]): { xx: Plane; xy: Plane; yy: Plane } {
  const { width, height } = channels[0];
  const xx = newPlane(width, height);
  const xy = newPlane(width, height);
  const yy = newPlane(width, height);
  for (const { data } of channels) {
    for (let y = 0; y < height; y++) {
      const up = Math.max(0, y - 1) * width;
      const mid = y * width;
      const down = Math.min(height - 1, y + 1) * width;
      for (let x = 0; x < width; x++) {
        const l = x > 0 ? x - 1 : 0;
        const r = x < width - 1 ? x + 1 : x;
        const gx =
          (data[up + r] - data[up + l] + 2 * (data[mid + r] - data[mid + l]) + data[down + r] - data[down + l]) / 8;
        const gy =
          (data[down + l] - data[up + l] + 2 * (data[down + x] - data[up + x]) + data[down + r] - data[up + r]) / 8;
        xx.data[mid + x] += gx * gx;
        xy.data[mid + x] += gx * gy;
        yy.data[mid + x] += gy * gy;
      }
    }
  }
  return { xx, xy, yy };
}
