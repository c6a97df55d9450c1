import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { builtFile } from '../engine/built-files.js';
import { loadSharp } from '../print/load-sharp.js';
import { render, type RenderRequest } from '../render.js';

/**
 * What every machine must make of one photo: for each style the hash of the pixels of a small print of it. Change one only
 * together with the version of its style.
 */
export const GOLDEN_PIXELS: Readonly<Record<string, string>> = {
  'pop-poster': '81f9dc761fa8ae89',
  'pencil-sketch': '6d824753f938292f',
  'between-the-lines': '9d11c4fc082b5956',
  watercolor: '29348be6d35978ed',
  'oil-painting': 'a150c678e42edd1e',
};

const GOLDEN_OUTPUT = { widthPx: 900, heightPx: 1200, dpi: 100 };
const HASH_DIGITS = 16;

export interface GoldenHashes {
  readonly style: string;
  readonly pipelineVersion: string;
  /** Of the print's pixels: recorded for ever. */
  readonly pixels: string;
  /** Of the whole file: the same for any number of threads. */
  readonly file: string;
}

/**
 * Makes the golden print of a style.
 * @param request `threads` and `bandRows` must not change a byte
 * @throws RenderError as {@link render}
 */
export async function makeGolden(
  style: string,
  folder: string,
  request: Pick<RenderRequest, 'threads' | 'bandRows' | 'signal'> = {},
): Promise<GoldenHashes> {
  const photoPath = builtFile('libs/pipelines/src/golden/portrait.jpg');
  const printPath = path.join(folder, `${style}.tiff`);
  const { pipelineVersion } = await render({ ...request, style, photoPath, printPath, output: GOLDEN_OUTPUT });
  const sharp = await loadSharp();
  const pixels = hashOf(await sharp(printPath).raw().toBuffer());
  return { style, pipelineVersion, pixels, file: hashOf(await readFile(printPath)) };
}

/** What decodes and paints here, for a comparison of machines that do not agree. */
export async function engineVersions(): Promise<Readonly<Record<string, string>>> {
  const { versions } = await loadSharp();
  const { sharp = 'unknown', vips, mozjpeg = 'unknown', lcms = 'unknown' } = versions;
  return { node: process.versions.node, v8: process.versions.v8, sharp, vips, mozjpeg, lcms };
}

function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex').slice(0, HASH_DIGITS);
}
