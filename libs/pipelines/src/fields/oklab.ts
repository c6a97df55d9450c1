import { detCbrt } from './deterministic-math.js';

/** OKLab (Ottosson 2020): L 0..1, a and b about -0.4..0.4. */
export type Oklab = [lightness: number, a: number, b: number];

/** Linear light of each sRGB byte. */
export const LINEAR = Float64Array.from({ length: 256 }, (_, byte) => linear(byte / 255));
/** Cube roots of i / 4096. */
export const CUBE_ROOTS = Float64Array.from({ length: 4097 }, (_, i) => detCbrt(i / 4096, 3));

function linear(v: number): number {
  if (v <= 0.04045) return v / 12.92;
  const x = (v + 0.055) / 1.055;
  const fifth = detCbrt(x, 5);
  return x * x * fifth * fifth;
}

/** OKLab to linear RGB, which may leave 0..1 when the color is out of gamut. */
function toLinear([lightness, a, b]: Oklab): [number, number, number] {
  const l = lightness + 0.3963377774 * a + 0.2158037573 * b;
  const m = lightness - 0.1055613458 * a - 0.0638541728 * b;
  const s = lightness - 0.0894841775 * a - 1.291485548 * b;
  const l3 = l * l * l;
  const m3 = m * m * m;
  const s3 = s * s * s;
  return [
    4.0767416621 * l3 - 3.3077115913 * m3 + 0.2309699292 * s3,
    -1.2684380046 * l3 + 2.6097574011 * m3 - 0.3413193965 * s3,
    -0.0041960863 * l3 - 0.7034186147 * m3 + 1.707614701 * s3,
  ];
}

function encode(v: number): number {
  const x = Math.min(1, Math.max(0, v));
  if (x <= 0.0031308) return Math.round(255 * 12.92 * x);
  const twelfth = detCbrt(x, 12);
  const square = twelfth * twelfth;
  return Math.round(255 * (1.055 * square * square * twelfth - 0.055));
}

/** The nearest sRGB bytes, chroma lowered at constant lightness and hue as far as the gamut asks. */
export function oklabToSrgb([lightness, a, b]: Oklab): [number, number, number] {
  const fits = (scale: number): boolean =>
    toLinear([lightness, a * scale, b * scale]).every((v) => v >= -1e-4 && v <= 1.0001);
  let scale = 1;
  if (!fits(1)) {
    let low = 0;
    let high = 1;
    for (let i = 0; i < 20; i++) {
      const middle = (low + high) / 2;
      if (fits(middle)) low = middle;
      else high = middle;
    }
    scale = low;
  }
  const [red, green, blue] = toLinear([lightness, a * scale, b * scale]);
  return [encode(red), encode(green), encode(blue)];
}
