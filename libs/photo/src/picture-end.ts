import { type FileHandle, open, readFile } from 'node:fs/promises';
import { bmpEnd } from './bmp.js';
import type { PhotoFormat } from './header/index.js';
import { hasKnownCompanion } from './jpeg-companions.js';
import { jpegEnd } from './jpeg-end.js';
import { bytesAfterPicture } from './photo-errors.js';
import { tiffEnd } from './tiff/tiff-end.js';

/** Most bytes of any kind that may follow a picture: clumsy writers leave some. */
const MAX_BYTES_AFTER_PICTURE = 1 << 20;
/** The type of the last chunk of a PNG. */
const IEND = 0x49454e44;

/**
 * The bytes of a file that are the picture, from its start: what follows them may be left out without changing a pixel.
 * A TIFF counts as a whole, for its parts lie anywhere and programs keep more in it than its directories name.
 * @returns the size of the file when its picture has no end, which decoding will show
 * @throws PhotoError `unsupported_format` when more than {@link MAX_BYTES_AFTER_PICTURE} follow that are no video or
 *   second picture of the photo's own camera
 */
export async function measurePicture(path: string, format: PhotoFormat): Promise<number> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const end = Math.min(size, (await endOf(path, file, format)) ?? size);
    const isCompanion = async (): Promise<boolean> =>
      format === 'JPEG' && hasKnownCompanion(await readFile(path), end, MAX_BYTES_AFTER_PICTURE);
    if (size - end > MAX_BYTES_AFTER_PICTURE && !(await isCompanion())) throw bytesAfterPicture(format, size - end);
    return format === 'TIFF' ? size : end;
  } finally {
    await file.close();
  }
}

async function endOf(path: string, file: FileHandle, format: PhotoFormat): Promise<number | undefined> {
  switch (format) {
    case 'JPEG':
      return jpegEnd(await readFile(path));
    case 'PNG':
      return pngEnd(await readFile(path));
    case 'WEBP':
      return webpEnd(file);
    case 'BMP':
      return bmpEnd(path);
    case 'TIFF':
      return tiffEnd(file);
  }
}

/** In memory: a file may have millions of empty chunks. */
function pngEnd(bytes: Buffer): number | undefined {
  for (let at = 8; at + 8 <= bytes.length;) {
    const isLast = bytes.readUInt32BE(at + 4) === IEND;
    at += 12 + bytes.readUInt32BE(at);
    if (isLast) return at;
  }
  return undefined;
}

/** Chunks are padded to an even length. */
async function webpEnd(file: FileHandle): Promise<number> {
  const head = Buffer.alloc(8);
  await file.read(head, 0, 8, 0);
  const length = head.readUInt32LE(4);
  return 8 + length + (length & 1);
}
