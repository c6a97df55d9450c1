import { readFile } from 'node:fs/promises';
import { jpegLayout, MAX_JPEG_SCANS } from '../header/index.js';
import { tooManyScans } from '../photo-errors.js';
import { TAG, type TiffPage } from './tiff-page.js';
import type { TiffDirectory, TiffStructure } from './tiff-structure.js';

const JPEG = 7;

/**
 * Refuses a page that is coded in JPEGs when one of them has more scans than a JPEG photo may have.
 * @throws PhotoError `photo_too_complex`, `corrupt_photo` when the list of its strips or tiles is not in the file
 */
export async function checkJpegScans(
  tiff: TiffStructure,
  directory: TiffDirectory,
  { compression, isTiled }: TiffPage,
  path: string,
): Promise<void> {
  if (compression !== JPEG) return;
  const list = (tag: number): Promise<number[] | undefined> => tiff.numbers(directory, tag, Infinity);
  const offsets = (await list(isTiled ? TAG.TileOffsets : TAG.StripOffsets)) ?? [];
  const lengths = (await list(isTiled ? TAG.TileByteCounts : TAG.StripByteCounts)) ?? [];
  const bytes = await readFile(path);
  for (const [i, offset] of offsets.entries()) {
    const piece = bytes.subarray(offset, offset + (lengths[i] ?? bytes.length));
    const read = (at: number, length: number): Promise<Buffer> => Promise.resolve(piece.subarray(at, at + length));
    if ((await jpegLayout(read, { maxScans: MAX_JPEG_SCANS })).scans > MAX_JPEG_SCANS) throw tooManyScans();
  }
}
