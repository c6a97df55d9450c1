// A chart of known colors, stored as any encoding asks for it. Formulas are those of the specifications, written anew here.
import { deflateSync } from 'node:zlib';
import { join, pngChunk, pngHeader, u16be, u32be } from './bytes.mjs';

/** Six patches in sRGB, three to a row, each 40 pixels square. */
export const PATCHES = [
  [200, 60, 50],
  [60, 160, 70],
  [50, 80, 180],
  [230, 200, 60],
  [128, 128, 128],
  [210, 160, 140],
];
export const GRAYS = [20, 60, 90, 128, 190, 240].map((level) => [level, level, level]);
const PATCH = 40;
export const [CHART_WIDTH, CHART_HEIGHT] = [3 * PATCH, 2 * PATCH];

export const srgbLight = (v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
/** How light is stored. */
export const STORED = {
  srgb: (l) => (l <= 0.0031308 ? 12.92 * l : 1.055 * l ** (1 / 2.4) - 0.055),
  linear: (l) => l,
  power: (exponent) => (l) => l ** (1 / exponent),
  bt709: (l) => (l < 0.018 ? 4.5 * l : 1.099 * l ** 0.45 - 0.099),
  st240: (l) => (l < 0.0228 ? 4 * l : 1.1115 * l ** 0.45 - 0.1115),
  st428: (l) => ((48 * l) / 52.37) ** (1 / 2.6),
};

const D65 = [0.3127, 0.329];
export const SPACES = {
  srgb: [[0.64, 0.33], [0.3, 0.6], [0.15, 0.06], D65],
  adobe: [[0.64, 0.33], [0.21, 0.71], [0.15, 0.06], D65],
  p3: [[0.68, 0.32], [0.265, 0.69], [0.15, 0.06], D65],
  bt2020: [[0.708, 0.292], [0.17, 0.797], [0.131, 0.046], D65],
  prophoto: [
    [0.734699, 0.265301],
    [0.159597, 0.840403],
    [0.036598, 0.000105],
    [0.345704, 0.35854],
  ],
};

const xyz = ([x, y]) => [x / y, 1, (1 - x - y) / y];
const times = (m, v) => m.map((row) => row.reduce((sum, value, i) => sum + value * v[i], 0));
const product = (a, b) => a.map((row) => b[0].map((_, j) => row.reduce((sum, value, i) => sum + value * b[i][j], 0)));

/** Gauss and Jordan. */
function inverse(matrix) {
  const rows = matrix.map((row, i) => [...row, ...[0, 1, 2].map((j) => (i === j ? 1 : 0))]);
  for (let i = 0; i < 3; i++) {
    const pivot = rows.slice(i).reduce((a, b) => (Math.abs(b[i]) > Math.abs(a[i]) ? b : a));
    rows.splice(rows.indexOf(pivot), 1);
    rows.splice(i, 0, pivot);
    rows[i] = pivot.map((value) => value / pivot[i]);
    for (let k = 0; k < 3; k++) if (k !== i) rows[k] = rows[k].map((value, j) => value - rows[k][i] * rows[i][j]);
  }
  return rows.map((row) => row.slice(3));
}

export function toXyz([red, green, blue, white]) {
  const columns = [red, green, blue].map(xyz);
  const matrix = [0, 1, 2].map((i) => columns.map((column) => column[i]));
  const amounts = times(inverse(matrix), xyz(white));
  return matrix.map((row) => row.map((value, i) => value * amounts[i]));
}

const BRADFORD = [
  [0.8951, 0.2664, -0.1614],
  [-0.7502, 1.7135, 0.0367],
  [0.0389, -0.0685, 1.0296],
];

function adapted(from, to) {
  const [a, b] = [times(BRADFORD, xyz(from)), times(BRADFORD, xyz(to))];
  return product(
    inverse(BRADFORD),
    BRADFORD.map((row, i) => row.map((value) => (value * b[i]) / a[i])),
  );
}

/** The numbers 0..1 that a color space has for an sRGB color. */
export function storedColor(rgb, space, store) {
  const stores = Array.isArray(store) ? store : [store, store, store];
  const toSpace = product(inverse(toXyz(space)), product(adapted(D65, space[3]), toXyz(SPACES.srgb)));
  const light = times(
    toSpace,
    rgb.map((value) => srgbLight(value / 255)),
  );
  return light.map((value, i) => stores[i](Math.min(1, Math.max(0, value))));
}

/** Rows of the chart: one list of numbers 0..1 a pixel. @param colors of the six patches */
export function chartRows(colors) {
  return Array.from({ length: CHART_HEIGHT }, (_, y) =>
    Array.from({ length: CHART_WIDTH }, (_, x) => colors[3 * Math.floor(y / PATCH) + Math.floor(x / PATCH)]),
  );
}

/**
 * A PNG of the chart.
 * @param options `color`, the color type: 0 gray, 2 RGB, 3 palette, 4 gray and alpha, 6 RGB and alpha; `chunks` ahead of
 *   the pixels, `late` ones behind them; other `rows` than those of the chart
 */
export function chartPng(colors, { bits = 8, color = 2, chunks = [], late = [], rows } = {}) {
  const most = 2 ** bits - 1;
  const sample = (value) => (bits === 16 ? u16be(Math.round(value * most)) : [Math.round(value * most)]);
  const pixel = (values) => {
    const channels = color === 0 || color === 4 ? [values[0]] : values;
    return [...channels, ...(color >= 4 ? [1] : [])].flatMap(sample);
  };
  const stored = rows
    ? rows.map((row) => row.map(pixel))
    : chartRows(color === 3 ? colors.map((_, i) => [i]) : colors.map(pixel));
  return join(
    pngHeader(stored[0].length, stored.length, { bits, color }),
    ...chunks,
    ...(color === 3 ? paletteChunks(colors) : []),
    pngChunk('IDAT', deflateSync(Buffer.from(stored.flatMap((row) => [0, ...row.flat()])))),
    ...late,
    pngChunk('IEND', []),
  );
}

/** The last color is not used, and transparent. */
function paletteChunks(colors) {
  const palette = [...colors, [0, 0, 0]].flatMap((values) => values.map((value) => Math.round(value * 255)));
  return [pngChunk('PLTE', palette), pngChunk('tRNS', [...colors.map(() => 255), 0])];
}

export const gama = (exponent) => pngChunk('gAMA', u32be(Math.round(100_000 / exponent)));
export const chrm = ([red, green, blue, white]) =>
  pngChunk('cHRM', join(...[white, red, green, blue].flat().map((value) => u32be(Math.round(100_000 * value)))));
export const cicp = (primaries, transfer, matrix = 0, range = 1) =>
  pngChunk('cICP', [primaries, transfer, matrix, range]);
export const iccp = (profile) => pngChunk('iCCP', join('any\0\0', deflateSync(profile)));
