import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { builtFile } from '../engine/built-files.js';
import { loadSharp } from '../print/load-sharp.js';
import { render, type RenderRequest } from '../render.js';

const GOLDEN_OUTPUT = { widthPx: 900, heightPx: 1200, dpi: 100 };
const HASH_DIGITS = 16;

export interface GoldenHashes {
  readonly style: string;
  readonly pipelineVersion: string;
  /** Of the print's pixels: recorded in the style's definition. */
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
