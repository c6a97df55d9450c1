import { open } from 'node:fs/promises';
import type { PhotoFormat } from './formats.js';

const TAIL_BYTES = 64 * 1024;

/**
 * Whether a file carries the end its format prescribes. A decoder stops at the last pixel and does not miss what is cut off
 * behind it; a missing end is nevertheless the sign of an upload that broke off. Formats without an end mark pass.
 */
export async function endsWhole(path: string, format: PhotoFormat): Promise<boolean> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const length = Math.min(size, TAIL_BYTES);
    const tail = Buffer.alloc(length);
    await file.read(tail, 0, length, size - length);
    if (format === 'PNG') return tail.includes(Buffer.from('IEND\xae\x42\x60\x82', 'latin1'));
    if (format === 'WEBP') {
      const { buffer } = await file.read(Buffer.alloc(8), 0, 8, 0);
      return size >= buffer.readUInt32LE(4) + 8;
    }
    return true;
  } finally {
    await file.close();
  }
}
