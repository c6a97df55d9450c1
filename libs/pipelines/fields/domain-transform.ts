import type { RgbImage } from '#photo';
import { exactExp } from './exact-math.js';
import { newPlane, type Plane } from './plane.js';

export interface SmoothingOptions {
  /** Reach in pixels. */
  readonly sigmaSpace: number;
  /** How large a colour step still counts as the same surface, 0..1 of the channel range. */
  readonly sigmaRange: number;
}

const ITERATIONS = 3;

/**
 * Edge-preserving smoothing by the domain transform, recursive form (Gastal and Oliveira 2011).
 * @returns three planes R, G, B, 0..255
 */
export function domainTransform(image: RgbImage, { sigmaSpace, sigmaRange }: SmoothingOptions): Plane[] {
  const { width, height, data } = image;
  const planes = [0, 1, 2].map((channel) => {
    const plane = newPlane(width, height);
    for (let i = 0; i < plane.data.length; i++) plane.data[i] = data[3 * i + channel];
    return plane;
  });
  const across = steps(image, 1);
  const down = steps(image, width);
  for (let i = 1; i <= ITERATIONS; i++) {
    const sigma = (sigmaSpace * Math.sqrt(3) * (1 << (ITERATIONS - i))) / Math.sqrt((1 << (2 * ITERATIONS)) - 1);
    const feedback = feedbackTable(sigma, sigmaSpace / sigmaRange);
    for (const plane of planes) {
      smoothRows(plane, across, feedback);
      smoothColumns(plane, down, feedback);
    }
  }
  return planes;
}

/** Sum of the channels' absolute differences to the pixel `stride` before, 0..765. */
function steps({ data }: RgbImage, stride: number): Uint16Array {
  const out = new Uint16Array(data.length / 3);
  for (let i = stride; i < out.length; i++) {
    const a = 3 * i;
    const b = a - 3 * stride;
    out[i] = Math.abs(data[a] - data[b]) + Math.abs(data[a + 1] - data[b + 1]) + Math.abs(data[a + 2] - data[b + 2]);
  }
  return out;
}

/** Feedback factor a^d for each possible step between neighbours. */
function feedbackTable(sigma: number, slope: number): Float32Array {
  return Float32Array.from({ length: 766 }, (_, step) => exactExp((-Math.SQRT2 / sigma) * (1 + (slope * step) / 255)));
}

function smoothRows({ width, height, data }: Plane, step: Uint16Array, feedback: Float32Array): void {
  for (let y = 0; y < height; y++) {
    const row = y * width;
    for (let i = row + 1; i < row + width; i++) data[i] += feedback[step[i]] * (data[i - 1] - data[i]);
    for (let i = row + width - 2; i >= row; i--) data[i] += feedback[step[i + 1]] * (data[i + 1] - data[i]);
  }
}

function smoothColumns({ width, data }: Plane, step: Uint16Array, feedback: Float32Array): void {
  for (let i = width; i < data.length; i++) data[i] += feedback[step[i]] * (data[i - width] - data[i]);
  for (let i = data.length - width - 1; i >= 0; i--) data[i] += feedback[step[i + width]] * (data[i + width] - data[i]);
}
