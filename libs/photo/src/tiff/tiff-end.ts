import type { FileHandle } from 'node:fs/promises';
import { TAG } from './tiff-page.js';
import { type TiffDirectory, TiffStructure } from './tiff-structure.js';

/** Offsets of pieces, and the bytes of each: strips, tiles, and a JPEG of the old kind. */
const PIECES = [
  [273, 279],
  [324, 325],
  [513, 514],
] as const;
const IMAGE_LENGTH = 257;
/** Entries whose values are offsets of further directories: SubIFDs, EXIF, GPS, interoperability. */
const DIRECTORIES = [330, 34_665, 34_853, 40_965];
/** Of all directories together: directories may overlap and share their values, so that the file's size limits nothing. */
const MAX_ENTRIES = 100_000;
const MAX_PIECES = 1 << 20;

/**
 * Behind the last byte that any directory of a TIFF speaks of.
 * @returns undefined when that is not known: pieces without a length reach as far as the decoder finds any, and no more
 *   than a limit are looked at
 */
export async function tiffEnd(file: FileHandle): Promise<number | undefined> {
  const tiff = await TiffStructure.open(file);
  const waiting = [await tiff.offsetAt(tiff.firstLinkAt)];
  const seen = new Set([0]);
  const left = { entries: MAX_ENTRIES, pieces: MAX_PIECES };
  let end = 0;
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    if (seen.has(at)) continue;
    seen.add(at);
    const directory = await tiff.readDirectory(at).catch(() => undefined);
    if (directory === undefined) continue;
    left.entries -= directory.entries.size + 1;
    const pieces = left.entries < 0 ? undefined : await endOfPieces(tiff, directory, left);
    if (pieces === undefined) return undefined;
    end = Math.max(end, pieces, directory.nextLinkAt + tiff.offsetBytes);
    for (const { valuesAt, lengthBytes } of directory.entries.values()) end = Math.max(end, valuesAt + lengthBytes);
    for (const tag of DIRECTORIES) waiting.push(...((await offsets(tiff, directory, tag)) ?? []));
    waiting.push(directory.next);
  }
  return end;
}

async function endOfPieces(
  tiff: TiffStructure,
  directory: TiffDirectory,
  left: { pieces: number },
): Promise<number | undefined> {
  let end = 0;
  for (const [offsetTag, lengthTag] of PIECES) {
    const count = directory.entries.get(offsetTag)?.count ?? 0;
    left.pieces -= count;
    if (left.pieces < 0) return undefined;
    const starts = await offsets(tiff, directory, offsetTag, count);
    if (starts === undefined) continue;
    const lengths = await offsets(tiff, directory, lengthTag, count);
    if (lengths?.length !== starts.length || lengths.includes(0)) return undefined;
    if (count === 1) lengths[0] = Math.max(lengths[0], await plainBytes(tiff, directory));
    starts.forEach((start, i) => (end = Math.max(end, start + lengths[i])));
  }
  return end;
}

/** Of pixels that are not compressed and lie in one piece, which the decoder reads whatever length is written. */
async function plainBytes(tiff: TiffStructure, directory: TiffDirectory): Promise<number> {
  const first = async (tag: number): Promise<number> => (await offsets(tiff, directory, tag))?.[0] ?? 1;
  if ((await first(TAG.Compression)) !== 1) return 0;
  const rowBits = (await first(TAG.ImageWidth)) * (await first(TAG.SamplesPerPixel)) * (await first(TAG.BitsPerSample));
  return Math.ceil(rowBits / 8) * (await first(IMAGE_LENGTH));
}

async function offsets(
  tiff: TiffStructure,
  directory: TiffDirectory,
  tag: number,
  most?: number,
): Promise<number[] | undefined> {
  return tiff.numbers(directory, tag, most).catch(() => undefined);
}
