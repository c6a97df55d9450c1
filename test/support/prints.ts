import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { render, type RenderOutput, type RenderRequest } from '../../libs/pipelines/src/render.js';

const FIXTURES = path.join(__dirname, '../fixtures/photos');

/** Photos that the checks of the styles are made on. */
export const PORTRAIT = path.join(__dirname, '../../libs/pipelines/src/golden/portrait.jpg');
export const ANIMAL = path.join(FIXTURES, 'chelsea.jpg');

/** Pixels of a picture: `channels` bytes each, interleaved, from the top. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly data: Uint8Array;
}

/** A folder for one suite's files. */
export async function printFolder(): Promise<{ folder: string; remove: () => Promise<void> }> {
  const folder = await mkdtemp(path.join(tmpdir(), 'print-'));
  return { folder, remove: () => rm(folder, { recursive: true }) };
}

/** Renders and reads the print back. @param request style, photo, size, and whatever differs from the defaults */
export async function printOf(
  folder: string,
  request: Pick<RenderRequest, 'style' | 'photoPath' | 'output'> & Partial<RenderRequest>,
): Promise<{ output: RenderOutput; print: Pixels; file: string }> {
  const file = path.join(folder, `${request.style}-${Math.floor(performance.now() * 1000)}.tiff`);
  const output = await render({ printPath: file, ...request });
  return { output, print: await readPixels(file), file };
}

export async function readPixels(file: string): Promise<Pixels> {
  const { data, info } = await sharp(file, { limitInputPixels: false }).raw().toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, channels: info.channels, data };
}

/** Rec. 709 luma, 0..255, of a picture, shrunk to a width if given. */
export async function luma(
  file: string | Pixels,
  width?: number,
): Promise<{ width: number; height: number; data: Float32Array }> {
  const source =
    typeof file === 'string'
      ? sharp(file, { limitInputPixels: false })
      : sharp(file.data, { raw: { width: file.width, height: file.height, channels: file.channels as 3 } });
  const small = width === undefined ? source : source.resize({ width, kernel: 'lanczos2' });
  const { data, info } = await small.removeAlpha().raw().toBuffer({ resolveWithObject: true });
  const out = new Float32Array(info.width * info.height);
  for (let i = 0; i < out.length; i++) {
    const at = i * info.channels;
    out[i] = info.channels < 3 ? data[at] : 0.2126 * data[at] + 0.7152 * data[at + 1] + 0.0722 * data[at + 2];
  }
  return { width: info.width, height: info.height, data: out };
}

/** Mean structural similarity (Wang et al. 2004) of two lumas of one size, over 8x8 windows four apart. */
export function ssim(a: { width: number; height: number; data: Float32Array }, b: typeof a): number {
  let sum = 0;
  let windows = 0;
  for (let y = 0; y + 8 <= a.height; y += 4) {
    for (let x = 0; x + 8 <= a.width; x += 4, windows++) sum += windowSimilarity(a, b, x, y);
  }
  return sum / windows;
}

function windowSimilarity(a: { width: number; data: Float32Array }, b: typeof a, x: number, y: number): number {
  let [ma, mb, aa, bb, ab] = [0, 0, 0, 0, 0];
  for (let j = y; j < y + 8; j++) {
    for (let i = j * a.width + x; i < j * a.width + x + 8; i++) {
      ma += a.data[i];
      mb += b.data[i];
      aa += a.data[i] * a.data[i];
      bb += b.data[i] * b.data[i];
      ab += a.data[i] * b.data[i];
    }
  }
  [ma, mb, aa, bb, ab] = [ma, mb, aa, bb, ab].map((total) => total / 64);
  const [c1, c2] = [6.5025, 58.5225];
  return (
    ((2 * ma * mb + c1) * (2 * (ab - ma * mb) + c2)) / ((ma * ma + mb * mb + c1) * (aa - ma * ma + bb - mb * mb + c2))
  );
}
