/** One scalar per pixel of the working image, row by row from the top. */
export interface Plane {
  readonly width: number;
  readonly height: number;
  readonly data: Float32Array;
}

export function newPlane(width: number, height: number): Plane {
  return { width, height, data: new Float32Array(width * height) };
}

/** Gaussian weights for offsets -radius..radius, summing to one. */
export function gaussianKernel(sigma: number, exp: (x: number) => number): Float64Array {
  const radius = Math.max(1, Math.ceil(3 * sigma));
  const kernel = new Float64Array(2 * radius + 1);
  let sum = 0;
  for (let i = -radius; i <= radius; i++) sum += kernel[i + radius] = exp((-i * i) / (2 * sigma * sigma));
  return kernel.map((weight) => weight / sum);
}
