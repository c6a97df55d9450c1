import { crc32 } from 'node:zlib';

export const PNG_SIGNATURE = Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/** A chunk of a PNG: length, type, data, checksum. */
export function pngChunk(type: 'IHDR' | 'iCCP' | 'pHYs' | 'IDAT' | 'IEND', ...data: readonly Uint8Array[]): Uint8Array {
  const length = data.reduce((sum, part) => sum + part.length, 0);
  const chunk = Buffer.concat([Buffer.alloc(4), Buffer.from(type, 'latin1'), ...data, Buffer.alloc(4)]);
  chunk.writeUInt32BE(length, 0);
  chunk.writeUInt32BE(crc32(chunk.subarray(4, 8 + length)), 8 + length);
  return chunk;
}
