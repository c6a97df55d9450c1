/** A tag to put into a TIFF's directory. A short has its one value in the first byte of the data. */
export interface NewTiffEntry {
  readonly tag: number;
  readonly type: 'short' | 'undefined';
  readonly data: Buffer;
}

/** A page of a TIFF that is known to be in the file. */
export interface TiffPlace {
  readonly layout: { readonly isBig: boolean; readonly isLittle: boolean };
  /** Where the offset of the page's directory is stored. */
  readonly linkAt: number;
}

const TYPES = { short: 3, undefined: 7 } as const;

/**
 * A TIFF one page of which has these tags instead of what it has under them. Its directory is written anew behind the end;
 * a file whose directory is empty or beyond its end stays as it is.
 */
export function withTiffEntries(bytes: Buffer, added: readonly NewTiffEntry[], place = firstPage(bytes)): Buffer {
  const { isBig, isLittle } = place.layout;
  const [countBytes, offsetBytes, entryBytes] = isBig ? [8, 8, 20] : [2, 4, 12];
  const read = (at: number, size: number): number => {
    if (at + size > bytes.length) return 0;
    if (size === 8) return Number(isLittle ? bytes.readBigUInt64LE(at) : bytes.readBigUInt64BE(at));
    return isLittle ? bytes.readUIntLE(at, size) : bytes.readUIntBE(at, size);
  };
  const integer = (value: number, size: number): Buffer => {
    const field = Buffer.alloc(size);
    // These methods write 6 bytes at most, which every place in a file fits into.
    const written = Math.min(size, 6);
    if (isLittle) field.writeUIntLE(value, 0, written);
    else field.writeUIntBE(value, size - written, written);
    return field;
  };
  const directory = read(place.linkAt, offsetBytes);
  const entriesAt = directory + countBytes;
  const nextAt = entriesAt + entryBytes * read(directory, countBytes);
  if (nextAt === entriesAt || nextAt > bytes.length) return bytes;
  const parts = [bytes, Buffer.alloc(bytes.length % 2)];
  let end = bytes.length + (bytes.length % 2);
  const entries = new Map<number, Buffer>();
  for (let at = entriesAt; at < nextAt; at += entryBytes) entries.set(read(at, 2), bytes.subarray(at, at + entryBytes));
  for (const { tag, type, data } of added) {
    const head = [integer(tag, 2), integer(TYPES[type], 2), integer(type === 'short' ? 1 : data.length, offsetBytes)];
    if (type === 'short') {
      entries.set(tag, Buffer.concat([...head, integer(data[0], 2), Buffer.alloc(offsetBytes - 2)]));
      continue;
    }
    entries.set(tag, Buffer.concat([...head, integer(end, offsetBytes)]));
    parts.push(data, Buffer.alloc(data.length % 2));
    end += data.length + (data.length % 2);
  }
  const sorted = [...entries].sort(([a], [b]) => a - b).map(([, entry]) => entry);
  const next = bytes.subarray(nextAt, nextAt + offsetBytes);
  const whole = Buffer.concat([...parts, integer(entries.size, countBytes), ...sorted, next]);
  integer(end, offsetBytes).copy(whole, place.linkAt);
  return whole;
}

function firstPage(bytes: Buffer): TiffPlace {
  const isLittle = bytes[0] === 0x49;
  const isBig = bytes[isLittle ? 2 : 3] === 43;
  return { layout: { isBig, isLittle }, linkAt: isBig ? 8 : 4 };
}
