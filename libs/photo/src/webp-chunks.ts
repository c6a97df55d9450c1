const RIFF_HEAD_BYTES = 12;
/** Marks in the first byte of a VP8X chunk. */
const FLAGS = { ICCP: 0x20, EXIF: 0x08 } as const;

/** Metadata to put into a WEBP; what is undefined stays as it is. */
export interface WebpMetadata {
  readonly ICCP?: Buffer;
  readonly EXIF?: Buffer;
}

/**
 * A WEBP with these chunks instead of its own of their kinds.
 * @returns the file as it is when it has no VP8X chunk, without which a WEBP has no metadata
 */
export function withWebpChunks(bytes: Buffer, metadata: WebpMetadata): Buffer {
  if (bytes.toString('latin1', RIFF_HEAD_BYTES, 16) !== 'VP8X' || bytes.length < 30) return bytes;
  const end = Math.min(bytes.length, 8 + bytes.readUInt32LE(4));
  const extended = Buffer.from(bytes.subarray(RIFF_HEAD_BYTES, 30));
  const parts: Buffer[] = [Buffer.from(bytes.subarray(0, RIFF_HEAD_BYTES)), extended];
  const added = (['ICCP', 'EXIF'] as const).filter((type) => metadata[type] !== undefined);
  for (const type of added) extended[8] |= FLAGS[type];
  if (metadata.ICCP !== undefined) parts.push(chunk('ICCP', metadata.ICCP));
  for (let at = 30; at + 8 <= end;) {
    const length = bytes.readUInt32LE(at + 4);
    const next = at + 8 + length + (length & 1);
    if (!added.some((type) => type === bytes.toString('latin1', at, at + 4))) parts.push(bytes.subarray(at, next));
    at = next;
  }
  if (metadata.EXIF !== undefined) parts.push(chunk('EXIF', metadata.EXIF));
  const whole = Buffer.concat(parts);
  whole.writeUInt32LE(whole.length - 8, 4);
  return whole;
}

function chunk(type: string, data: Buffer): Buffer {
  const bytes = Buffer.alloc(8 + data.length + (data.length & 1));
  bytes.write(type, 'latin1');
  bytes.writeUInt32LE(data.length, 4);
  data.copy(bytes, 8);
  return bytes;
}
