// Every hostile file, made from a seed.
import { bombs } from './bombs.mjs';
import { declaredColors } from './declared-color.mjs';
import { declaredOrientations } from './declared-orientation.mjs';
import { blanked, cuts, flips, smashes } from './damage.mjs';
import { foreign } from './foreign.mjs';
import { kinds, labels, manyFrames } from './families.mjs';
import { lies, shortOfRows } from './malformed-headers.mjs';
import { namedFormats } from './named-formats.mjs';
import { tiffKinds } from './tiff-kinds.mjs';

/**
 * @typedef {object} HostileFile
 * @property {string} family
 * @property {string} name
 * @property {Buffer} bytes
 * @property {'accept' | string[]} [expect] what must come of it, codes if it must be refused; either will do when left out
 * @property {RegExp} [names] what the refusal must state about the kind of file and of what to send instead
 * @property {number[][]} [colors] sRGB of the six patches of a chart, as the file's declarations mean them
 * @property {number} [tolerance] how far a patch may be from that, 3 of 255 when left out
 * @property {string} [whole] the intact sample whose pixels it must show if it is accepted
 * @property {Buffer} [reference] pixels (RGB, size as seen) that an independent reader sees in an accepted file
 * @property {string} [original] the intact sample that it was made from
 */

/**
 * @param {Record<string, Buffer>} samples
 * @returns {AsyncGenerator<HostileFile>}
 */
export async function* corpus(samples, { seed, isShort }) {
  yield* kinds(samples);
  yield* labels(samples);
  yield* manyFrames(isShort);
  yield* tiffKinds();
  yield* foreign(samples, seed);
  yield* namedFormats();
  yield* declaredColors();
  yield* declaredOrientations();
  yield* shortOfRows(samples);
  yield* bombs(samples, { isShort });
  yield* thin(cuts(samples), isShort ? 9 : 1);
  yield* thin(blanked(samples), isShort ? 5 : 1);
  yield* thin(lies(samples), isShort ? 23 : 1);
  yield* flips(samples, seed, isShort ? 1 : 16);
  yield* smashes(samples, seed, isShort ? 1 : 10);
}

/** One file in `step`. */
function* thin(files, step) {
  let i = 0;
  for (const file of files) if (i++ % step === 0) yield file;
}
