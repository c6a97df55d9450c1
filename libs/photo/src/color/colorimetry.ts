/** Chromaticities x, y. */
export type Chromaticity = readonly [x: number, y: number];

/** The red, green and blue that a color space is made of, and its white. */
export interface Primaries {
  readonly red: Chromaticity;
  readonly green: Chromaticity;
  readonly blue: Chromaticity;
  readonly white: Chromaticity;
}

/** Rows of three numbers. */
export type Matrix = readonly (readonly [number, number, number])[];

type Vector = readonly [number, number, number];

export const D65: Chromaticity = [0.3127, 0.329];
/** The white of the ICC profile connection space, as XYZ. */
const D50_XYZ: Vector = [0.9642, 1, 0.8249];

export const SRGB_PRIMARIES: Primaries = { red: [0.64, 0.33], green: [0.3, 0.6], blue: [0.15, 0.06], white: D65 };
export const P3_PRIMARIES: Primaries = { red: [0.68, 0.32], green: [0.265, 0.69], blue: [0.15, 0.06], white: D65 };
/** Adobe RGB (1998) color image encoding, section 4.3.1.1. */
export const ADOBE_RGB_PRIMARIES: Primaries = { ...SRGB_PRIMARIES, green: [0.21, 0.71] };

/** Bradford cone responses (ICC.1:2022, annex E). */
const BRADFORD: Matrix = [
  [0.8951, 0.2664, -0.1614],
  [-0.7502, 1.7135, 0.0367],
  [0.0389, -0.0685, 1.0296],
];

/**
 * The matrix from amounts of red, green and blue light (0..1) to XYZ under D50, white adapted by Bradford.
 * @returns undefined when the primaries span no color space
 */
export function matrixToD50({ red, green, blue, white }: Primaries): Matrix | undefined {
  if (![red, green, blue, white].every(([x, y]) => Number.isFinite(x) && y > 0)) return undefined;
  const columns = transposed([xyzOf(red), xyzOf(green), xyzOf(blue)]);
  const amounts = inverse(columns);
  if (amounts === undefined) return undefined;
  const whiteXyz = xyzOf(white);
  const scale = applied(amounts, whiteXyz);
  if (scale.some((amount) => !(amount > 0))) return undefined;
  const toXyz = columns.map((row) => row.map((value, i) => value * scale[i]) as unknown as Vector);
  return multiplied(adaptation(whiteXyz), toXyz);
}

/** Whether two sets of primaries differ by no more than what is lost where they are written. */
export function isSamePrimaries(a: Primaries, b: Primaries, tolerance = 0.002): boolean {
  const names = ['red', 'green', 'blue', 'white'] as const;
  return names.every((name) => a[name].every((value, i) => Math.abs(value - b[name][i]) <= tolerance));
}

function xyzOf([x, y]: Chromaticity): Vector {
  return [x / y, 1, (1 - x - y) / y];
}

/** From what is white under one light to what is white under D50. */
function adaptation(white: Vector): Matrix {
  const [from, to] = [applied(BRADFORD, white), applied(BRADFORD, D50_XYZ)];
  const scaled = BRADFORD.map((row, i) => row.map((value) => (value * to[i]) / from[i]) as unknown as Vector);
  return multiplied(inverse(BRADFORD)!, scaled);
}

export function multiplied(a: Matrix, b: Matrix): Matrix {
  const columns = transposed(b);
  return a.map((row) => columns.map((column) => dot(row, column)) as unknown as Vector);
}

function applied(matrix: Matrix, vector: Vector): Vector {
  return matrix.map((row) => dot(row, vector)) as unknown as Vector;
}

function dot(a: Vector, b: Vector): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

function transposed(matrix: Matrix): Matrix {
  return [0, 1, 2].map((i) => matrix.map((row) => row[i]) as unknown as Vector);
}

/** @returns undefined when there is none */
export function inverse([a, b, c]: Matrix): Matrix | undefined {
  const crossed = [cross(b, c), cross(c, a), cross(a, b)];
  const determinant = dot(a, crossed[0]);
  if (!(Math.abs(determinant) > 1e-9)) return undefined;
  return transposed(crossed.map((row) => row.map((value) => value / determinant) as unknown as Vector));
}

function cross(a: Vector, b: Vector): Vector {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}
