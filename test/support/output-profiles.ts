import { execFile } from 'node:child_process';
import path from 'node:path';
import sharp from 'sharp';
import { Arena } from '../../libs/pipelines/src/engine/arena.js';
import type { ThreadContext } from '../../libs/pipelines/src/engine/thread-context.js';
import { compileKernels, instantiateKernels } from '../../libs/pipelines/src/engine/kernels.js';
import type { Pixels } from './prints.js';
import type { OutputProfile } from '../../libs/pipelines/src/print/output-profile.js';

/** The kernels and their memory, used in the test's own thread. */
export async function openThreadContext(): Promise<ThreadContext> {
  const memory = Arena.createMemory(64 * 1024 * 1024);
  return { kernels: instantiateKernels(await compileKernels(), memory), arena: new Arena(memory, 16) };
}

/** RGB that is noise, flat or a gradient, by columns and rows. */
export function samplePicture(width: number, height: number, kind: 'noise' | 'flat' | 'gradient'): Pixels {
  const tone = {
    noise: (i: number) => Math.imul(i + 5, 0x9e3779b1) >>> 24,
    flat: (i: number) => 60 + 70 * (i % 3),
    gradient: (i: number) => ((Math.floor(i / 3) % width) + Math.floor(i / (3 * width)) * (i % 3)) & 255,
  }[kind];
  return { width, height, channels: 3, data: Uint8Array.from({ length: width * height * 3 }, (_, i) => tone(i)) };
}

/** Writes a picture as one thread would, in bands of about `bandRows` rows. @returns the file's name */
export async function writePicture(
  { kernels, arena: { memory } }: ThreadContext,
  profile: OutputProfile,
  folder: string,
  { width: widthPx, height: heightPx, data }: Pixels,
  wantedRows = heightPx,
): Promise<string> {
  const file = path.join(folder, `${profile.name}-${widthPx}x${heightPx}-${wantedRows}.${profile.fileEnding}`);
  const format = { widthPx, heightPx, dpi: 300 };
  const stripRows = profile.rowsPerStrip(format);
  const bandRows = Math.min(heightPx, stripRows * Math.max(1, Math.floor(wantedRows / stripRows)));
  const arena = new Arena(memory, 16);
  const rgb = arena.allocate(bandRows * widthPx * 3 + 16);
  const encoder = await profile.createEncoder({ ...format, bandRows }, { kernels, arena });
  const writer = await profile.createWriter(file, format);
  for (let y0 = 0; y0 < heightPx; y0 += bandRows) {
    const rows = Math.min(bandRows, heightPx - y0);
    arena.u8(rgb, rows * widthPx * 3).set(data.subarray(y0 * widthPx * 3, (y0 + rows) * widthPx * 3));
    await writer.append(await encoder.encode(rgb, y0, rows));
  }
  await writer.finish();
  return file;
}

/** Ways to read a file's samples that have nothing in common with the code that wrote it. */
export const READERS = {
  libvips: async (file: string, mode: 'RGB' | 'CMYK'): Promise<Buffer> => {
    const strict = sharp(file, { failOn: 'warning' });
    return (mode === 'CMYK' ? strict.pipelineColourspace('cmyk').toColourspace('cmyk') : strict).raw().toBuffer();
  },
  Pillow: async (file: string, mode: 'RGB' | 'CMYK'): Promise<Buffer> => {
    const script = `import sys
from PIL import Image
image = Image.open(sys.argv[1])
assert image.mode == sys.argv[2] and getattr(image, 'n_frames', 1) == 1
sys.stdout.buffer.write(image.tobytes())`;
    return runTool('/usr/bin/python3', '-W', 'error', '-c', script, file, mode);
  },
  ImageMagick: async (file: string, mode: 'RGB' | 'CMYK'): Promise<Buffer> =>
    runTool('convert', file, '-depth', '8', `${mode.toLowerCase()}:-`),
} as const;

/** @returns what the tool prints @throws Error when it fails or warns */
export function runTool(command: string, ...args: string[]): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    execFile(command, args, { encoding: 'buffer', maxBuffer: 2 ** 28 }, (error, stdout, stderr) => {
      if (error || stderr.length > 0) {
        reject(
          new Error(`${command} failed: ${stderr.toString()}${stdout.toString('latin1', 0, 500)}`, { cause: error }),
        );
      } else {
        resolve(stdout);
      }
    });
  });
}

/** What exiftool reads, by group and tag. */
export async function exifFields(file: string): Promise<Record<string, unknown>> {
  const [fields] = JSON.parse((await runTool('exiftool', '-json', '-n', '-G1', file)).toString()) as [
    Record<string, unknown>,
  ];
  return fields;
}
