// What the results are held against.
import { LARGE, pixelsOf, SMALL } from './cases.mjs';

/** Most time that a style may take at the large size, as a multiple of the floor's. */
const FLOOR_BARS = {
  'pop-poster': 0.5,
  'between-the-lines': 0.6,
  'pencil-sketch': 0.8,
  watercolor: 1.2,
  'oil-painting': 1.5,
};

export const KNOWN_STYLES = Object.keys(FLOOR_BARS);

/**
 * @typedef {object} Row
 * @property {string} subject
 * @property {string} measure
 * @property {number | undefined} value undefined when it was not measured
 * @property {string} [unit]
 * @property {{ most?: number, least?: number, below?: number }} [bar] none for what is just stated
 */

/**
 * @param {{ seconds: (key: string) => number | undefined, peakMiB: (key: string) => number | undefined, cpuSeconds: (key: string) => number | undefined }} results
 * @returns {Row[]}
 */
export function rowsOf(results, styles, sizes) {
  const rows = sizes.map((size) => ({
    subject: 'floor',
    measure: `time at ${size}`,
    value: results.seconds(`floor ${size}`),
    unit: 's',
  }));
  for (const style of styles) {
    rows.push(...rowsOfStyle(results, style, sizes).map((row) => ({ subject: style, ...row })));
  }
  const all = styles.length === KNOWN_STYLES.length;
  const proofs = {
    subject: 'proofs',
    measure: `600 px, ${styles.length} in one process`,
    value: results.seconds('proofs'),
    unit: 's',
  };
  return [...rows, { ...proofs, bar: all ? { below: 2 } : undefined }];
}

function rowsOfStyle({ seconds, peakMiB, cpuSeconds }, style, sizes) {
  const rows = sizes.flatMap((size) => {
    const key = `${style} ${size}`;
    const isLarge = size === LARGE;
    const floorBar = isLarge && FLOOR_BARS[style] ? { most: FLOOR_BARS[style] } : undefined;
    return [
      { measure: `time at ${size}`, value: seconds(key), unit: 's' },
      { measure: `processor time at ${size}`, value: cpuSeconds(key), unit: 's' },
      { measure: `time / floor at ${size}`, value: ratio(seconds(key), seconds(`floor ${size}`)), bar: floorBar },
      {
        measure: `time / reference at ${size}`,
        value: ratio(seconds(key), seconds(`reference ${key}`)),
        bar: isLarge ? { most: 1 } : undefined,
      },
      { measure: `peak memory at ${size}`, value: peakMiB(key), unit: 'MiB', bar: isLarge ? { most: 400 } : undefined },
    ];
  });
  if (!sizes.includes(LARGE)) return rows;
  const large = `${style} ${LARGE}`;
  const small = `${style} ${SMALL}`;
  const perPixel = ratio(ratio(seconds(large), areaOf(LARGE)), ratio(seconds(small), areaOf(SMALL)));
  return [
    ...rows,
    {
      measure: `peak memory ${LARGE}, 100 MP photo`,
      value: peakMiB(`${large} of 100 MP`),
      unit: 'MiB',
      bar: { most: 450 },
    },
    { measure: `peak memory ${LARGE} / ${SMALL}`, value: ratio(peakMiB(large), peakMiB(small)), bar: { most: 1.3 } },
    { measure: `time a megapixel ${LARGE} / ${SMALL}`, value: perPixel, bar: { most: 1 } },
    {
      measure: 'gain by a second thread',
      value: ratio(seconds(`${large} threads 1`), seconds(`${large} threads 2`)),
      bar: { least: 1.7 },
    },
  ];
}

function areaOf(size) {
  const [width, height] = pixelsOf(size);
  return width * height;
}

function ratio(a, b) {
  return a === undefined || b === undefined ? undefined : a / b;
}

/** @returns {'met' | 'missed' | ''} */
export function verdictOf({ value, bar }) {
  if (bar === undefined || value === undefined) return '';
  const { most = Infinity, least = -Infinity, below = Infinity } = bar;
  return value <= most && value >= least && value < below ? 'met' : 'missed';
}
