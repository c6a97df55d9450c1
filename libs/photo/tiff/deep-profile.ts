type Matrix = readonly (readonly number[])[];

/** Colorants of the two profiles that come with libvips, as rows X, Y, Z, adapted to D50. */
const SRGB: Matrix = [
  [0.43604, 0.3851, 0.14307],
  [0.22244, 0.71693, 0.06062],
  [0.0139, 0.09708, 0.71393],
];
const DISPLAY_P3: Matrix = [
  [0.51512, 0.29198, 0.1571],
  [0.2412, 0.69225, 0.06656],
  [0, 0.04182, 0.78308],
];
const COLORANTS = ['rXYZ', 'gXYZ', 'bXYZ'];
const TABLES = ['A2B0', 'A2B1', 'A2B2', 'D2B0', 'D2B1', 'D2B2'];
const VALUE = 65_536;

/** A curve that is no steeper in the shadows: 8 bits of light would lose them. Gamma 2.2 has 0.002 there, gamma 1.8 has 0.007. */
const [SHADOW, LEAST_LIGHT] = [1 / 16, 0.02];

/**
 * A color profile under which sharp gets 16-bit colors right. It converts them to Display P3 and then takes the numbers for sRGB, so
 * the colorants are moved by the difference of the two. Only for profiles of linear light, whose shadows 8 bits would lose: of 16
 * bits, Little CMS interpolates in a grid, and is off by up to 10 of 255 at the edge of the gamut.
 * @param profile of an RGB picture
 * @returns a profile of the same length; undefined for other curves, or for one that is more than curves and colorants
 */
export function profileForDeepColors(profile: Buffer): Buffer | undefined {
  if (profile.length < 132 || profile.toString('latin1', 16, 24) !== 'RGB XYZ ') return undefined;
  const tags = new Map<string, number>();
  for (let at = 132; at + 12 <= profile.length && at < 132 + 12 * profile.readUInt32BE(128); at += 12) {
    tags.set(profile.toString('latin1', at, at + 4), profile.readUInt32BE(at + 4));
  }
  const places = COLORANTS.map((tag) => tags.get(tag) ?? Infinity);
  if (TABLES.some((tag) => tags.has(tag)) || places.some((at) => at + 20 > profile.length)) return undefined;
  if (!isLinear(profile, tags.get('rTRC') ?? Infinity)) return undefined;
  const moved = Buffer.from(profile);
  for (const at of places) {
    const color = [0, 1, 2].map((i) => profile.readInt32BE(at + 8 + 4 * i) / VALUE);
    times(DISPLAY_P3, solve(SRGB, color)).forEach((value, i) =>
      moved.writeInt32BE(Math.round(value * VALUE), at + 8 + 4 * i),
    );
  }
  return moved;
}

function isLinear(profile: Buffer, at: number): boolean {
  if (at + 16 > profile.length) return false;
  const type = profile.toString('latin1', at, at + 4);
  if (type === 'para') return profile.readUInt16BE(at + 8) === 0 && isBright(profile.readInt32BE(at + 12) / VALUE);
  const count = profile.readUInt32BE(at + 8);
  if (type !== 'curv' || at + 12 + 2 * count > profile.length) return false;
  if (count < 2) return isBright(count === 0 ? 1 : profile.readUInt16BE(at + 12) / 256);
  return profile.readUInt16BE(at + 12 + 2 * Math.round(SHADOW * (count - 1))) / 65_535 > LEAST_LIGHT;
}

function isBright(gamma: number): boolean {
  return SHADOW ** gamma > LEAST_LIGHT;
}

function times(matrix: Matrix, vector: readonly number[]): number[] {
  return matrix.map((row) => row.reduce((sum, value, i) => sum + value * vector[i], 0));
}

/** The vector that a matrix turns into `result`, by Cramer's rule. */
function solve(matrix: Matrix, result: readonly number[]): number[] {
  const whole = determinant(matrix);
  return [0, 1, 2].map(
    (column) => determinant(matrix.map((row, y) => row.map((value, x) => (x === column ? result[y] : value)))) / whole,
  );
}

function determinant([[a, b, c], [d, e, f], [g, h, i]]: Matrix): number {
  return a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g);
}
