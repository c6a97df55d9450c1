import { crc32 } from 'node:zlib';

/** A chunk of a PNG. */
export interface PngChunk {
  readonly type: string;
  readonly data: Buffer;
}

const SIGNATURE_BYTES = 8;
/** Length, type and checksum around the data of a chunk. */
const FRAME_BYTES = 12;

/** Chunks in their order, up to IEND; one that overhangs the end of the file is left out, as is what follows it. */
export function* pngChunks(bytes: Buffer): Generator<PngChunk> {
  for (let at = SIGNATURE_BYTES; at + FRAME_BYTES <= bytes.length;) {
    const end = at + 8 + bytes.readUInt32BE(at);
    if (end + 4 > bytes.length) return;
    const type = bytes.toString('latin1', at + 4, at + 8);
    yield { type, data: bytes.subarray(at + 8, end) };
    if (type === 'IEND') return;
    at = end + 4;
  }
}

/**
 * A copy of a PNG with chunks put right behind its header.
 * @param dropped types of chunks that the copy is without
 */
export function withPngChunks(bytes: Buffer, added: readonly PngChunk[], dropped: readonly string[]): Buffer {
  const parts = [bytes.subarray(0, SIGNATURE_BYTES)];
  let at = SIGNATURE_BYTES;
  for (const { type, data } of pngChunks(bytes)) {
    const end = at + FRAME_BYTES + data.length;
    if (!dropped.includes(type)) parts.push(bytes.subarray(at, end));
    if (at === SIGNATURE_BYTES) parts.push(...added.map(encodeChunk));
    at = end;
  }
  return Buffer.concat([...parts, bytes.subarray(at)]);
}

function encodeChunk({ type, data }: PngChunk): Buffer {
  const chunk = Buffer.alloc(FRAME_BYTES + data.length);
  chunk.writeUInt32BE(data.length);
  chunk.write(type, 4, 'latin1');
  data.copy(chunk, 8);
  chunk.writeUInt32BE(crc32(chunk.subarray(4, -4)), chunk.length - 4);
  return chunk;
}
