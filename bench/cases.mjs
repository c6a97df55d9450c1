// What is run: every case is one command, its key names what it measures.
import path from 'node:path';

const CLI = 'dist/apps/cli/src/main.js';
const PYTHON = '/usr/bin/python3';

/** Size whose time and memory the bars are set on, and the small one it is compared with. Inches. */
export const LARGE = '30x40';
export const SMALL = '9x12';
const DPI = 300;

export function pixelsOf(size) {
  return size.split('x').map((inches) => Math.round(Number(inches) * DPI));
}

/**
 * @param {object} plan
 * @param {string[]} plan.styles
 * @param {string[]} plan.sizes
 * @param {string[]} plan.referenceStyles styles that the Python packages allow
 * @param {string} plan.photo
 * @param {string} plan.largePhoto 100 megapixels
 * @param {string} plan.folder for what is written; emptied after every run
 * @returns {{ key: string, command: string[] }[]} in the order they are run, what is compared side by side
 */
export function casesOf({ styles, sizes, referenceStyles, photo, largePhoto, folder }) {
  const print = path.join(folder, 'print.tiff');
  const preview = ['--preview', path.join(folder, 'print.jpg')];
  const render = (style, size, source = photo, more = []) => [
    ...[CLI, 'render', source, '--style', style, '--size', size, '-o', print, ...preview, '--quiet', ...more],
  ];
  const pixels = (size) => pixelsOf(size).map(String);
  const cases = [];
  for (const size of sizes) {
    cases.push({ key: `floor ${size}`, command: ['bench/floor.mjs', photo, ...pixels(size), print] });
    for (const style of styles) {
      cases.push({ key: `${style} ${size}`, command: render(style, size) });
      if (!referenceStyles.includes(style)) continue;
      const reference = [PYTHON, 'bench/reference.py', style, photo, ...pixels(size), print];
      cases.push({ key: `reference ${style} ${size}`, command: reference });
    }
  }
  if (sizes.includes(LARGE)) {
    for (const style of styles) {
      for (const threads of ['1', '2']) {
        cases.push({
          key: `${style} ${LARGE} threads ${threads}`,
          command: render(style, LARGE, photo, ['--threads', threads]),
        });
      }
      cases.push({ key: `${style} ${LARGE} of 100 MP`, command: render(style, LARGE, largePhoto) });
    }
  }
  const named = styles.flatMap((style) => ['--style', style]);
  cases.push({ key: 'proofs', command: [CLI, 'proof', photo, '-o', folder, '--quiet', ...named] });
  return cases;
}
