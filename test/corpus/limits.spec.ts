import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { flatPng } from '../support/photos.js';
import { readApart } from './reader-process.js';

/** A reader that has looked at a header only stays far below this; the smallest of these pictures takes 300 MiB and more. */
const NOTHING_DECODED_MIB = 200;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'limits-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function fileOf(name: string, bytes: Buffer): Promise<string> {
  const file = path.join(folder, name);
  await writeFile(file, bytes);
  return file;
}

function pngDeclaring(width: number, height: number): Promise<Buffer> {
  // The size stands at 16; its checksum is right, as a liar would have it.
  return flatPng(3, 3).then((png) => {
    png.writeUInt32BE(width, 16);
    png.writeUInt32BE(height, 20);
    png.writeUInt32BE(crc32(png.subarray(12, 29)), 29);
    return png;
  });
}

function crc32(bytes: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}

/** Frames below one another, which the writers take for an animation. */
function frames(count: number, width: number, pageHeight: number): Sharp {
  const height = count * pageHeight;
  const frameBytes = 3 * width * pageHeight;
  const data = Buffer.alloc(count * frameBytes);
  // Each of another shade, or they would be kept as one.
  for (let i = 0; i < count; i++) data.fill(i & 255, i * frameBytes, (i + 1) * frameBytes);
  return sharp(data, { raw: { width, height, channels: 3, pageHeight }, limitInputPixels: false });
}

/** An uncompressed TIFF of one row and any number of channels. */
function tiffOfChannels(channels: number): Buffer {
  const width = 16;
  const tags = [
    [256, width],
    [257, 1],
    [258, 8],
    [259, 1],
    [262, channels < 3 ? 1 : 2],
    [273, 8],
    [277, channels],
    [278, 1],
    [279, width * channels],
  ];
  const pixels = Buffer.alloc(width * channels, 90);
  const directory = Buffer.alloc(2 + 12 * tags.length + 4);
  directory.writeUInt16LE(tags.length);
  tags.forEach(([tag, value], i) => {
    directory.writeUInt16LE(tag, 2 + 12 * i);
    directory.writeUInt16LE(4, 4 + 12 * i);
    directory.writeUInt32LE(1, 6 + 12 * i);
    directory.writeUInt32LE(value, 10 + 12 * i);
  });
  const head = Buffer.from('49492a0000000000', 'hex');
  head.writeUInt32LE(8 + pixels.length, 4);
  return Buffer.concat([head, pixels, directory]);
}

describe('guarantee: no photo over the pixel, channel or frame limit is decoded', () => {
  it.each(['inspect', 'read'] as const)('%s: a picture that declares 20,000x20,000 pixels', async (step) => {
    const outcome = await readApart(step, await fileOf('declared.png', await pngDeclaring(20_000, 20_000)));
    expect(outcome).toMatchObject({ accepted: false, code: 'photo_too_large' });
    expect(outcome.peakMiB).toBeLessThan(NOTHING_DECODED_MIB);
  });

  it.each(['inspect', 'read'] as const)('%s: 144 flat megapixels in a small file', async (step) => {
    const bomb = await flatPng(12_000, 12_000);
    expect(bomb.length).toBeLessThan(5_000_000);
    const outcome = await readApart(step, await fileOf('bomb.png', bomb));
    expect(outcome).toMatchObject({ accepted: false, code: 'photo_too_large' });
    expect(outcome.peakMiB).toBeLessThan(NOTHING_DECODED_MIB);
  });

  it.each(['inspect', 'read'] as const)('%s: more than five channels', async (step) => {
    const outcome = await readApart(step, await fileOf('channels.tiff', tiffOfChannels(6)));
    expect(outcome).toMatchObject({ accepted: false, code: 'unsupported_format' });
  });

  it('takes gray, colors and colors with one more', async () => {
    for (const channels of [1, 3, 4]) {
      const outcome = await readApart('inspect', await fileOf('channels.tiff', tiffOfChannels(channels)));
      expect({ channels, ...outcome }).toMatchObject({ channels, accepted: true });
    }
  });

  it('refuses a GIF of 1,000 frames', async () => {
    const gif = await frames(1000, 32, 32).gif({ effort: 1 }).toBuffer();
    const outcome = await readApart('inspect', await fileOf('frames.gif', gif));
    expect(outcome).toMatchObject({ accepted: false, code: 'unsupported_format' });
  });

  it('decodes one frame of a WEBP of 1,000', async () => {
    // All of them together take 307 MB.
    const webp = await frames(1000, 320, 320).webp({ effort: 0 }).toBuffer();
    for (const step of ['inspect', 'read'] as const) {
      const outcome = await readApart(step, await fileOf('frames.webp', webp));
      expect(outcome).toMatchObject({ accepted: true });
      expect(outcome.peakMiB).toBeLessThan(NOTHING_DECODED_MIB);
    }
  }, 240_000);
});
