import { open, type FileHandle } from 'node:fs/promises';
import { corruptPhoto, tooManyPages } from './photo-errors.js';

/** Pages of a photo file, of which only the first is printed. The decoder's time grows with the square of their number. */
export const MAX_TIFF_PAGES = 1000;

/** How numbers are stored: byte order, and how long offsets and counts are. */
interface Layout {
  readonly isBig: boolean;
  readonly isLittle: boolean;
}

/**
 * Follows a TIFF's chain of pages before a decoder does.
 * @throws PhotoError `unsupported_format` when they are too many, `corrupt_photo` when the first is not in the file
 */
export async function checkTiffDirectories(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    const head = await readAt(file, 0, 16);
    if (head.length < 8) throw corruptPhoto('TIFF header is cut short');
    const isLittle = head[0] === 0x49;
    const layout = { isLittle, isBig: head[isLittle ? 2 : 3] === 0x2b };
    const { size } = await file.stat();
    let at = offsetIn(head, layout.isBig ? 8 : 4, layout);
    if (at === 0 || at >= size) throw corruptPhoto('TIFF has no first page');
    for (let pages = 1; at !== 0 && at < size; pages++) {
      if (pages > MAX_TIFF_PAGES) throw tooManyPages(MAX_TIFF_PAGES);
      at = await nextDirectory(file, at, layout);
    }
  } finally {
    await file.close();
  }
}

/** Where the next page's directory lies, 0 after the last one or where the file ends. */
async function nextDirectory(file: FileHandle, at: number, layout: Layout): Promise<number> {
  const countBytes = layout.isBig ? 8 : 2;
  const count = await readAt(file, at, countBytes);
  if (count.length < countBytes) return 0;
  const entries = layout.isBig
    ? offsetIn(count, 0, layout)
    : layout.isLittle
      ? count.readUInt16LE()
      : count.readUInt16BE();
  const linkAt = at + countBytes + entries * (layout.isBig ? 20 : 12);
  if (!Number.isSafeInteger(linkAt)) return 0;
  return offsetIn(await readAt(file, linkAt, layout.isBig ? 8 : 4), 0, layout);
}

function offsetIn(bytes: Buffer, at: number, { isBig, isLittle }: Layout): number {
  if (bytes.length < at + (isBig ? 8 : 4)) return 0;
  if (isBig) return Number(isLittle ? bytes.readBigUInt64LE(at) : bytes.readBigUInt64BE(at));
  return isLittle ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at);
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
  return buffer.subarray(0, bytesRead);
}
