/** A tag to put into a TIFF's first directory. A short has its one value in the first byte of the data. */
export interface NewTiffEntry {
  readonly tag: number;
  readonly type: 'short' | 'undefined';
  readonly data: Buffer;
}

const ENTRY_BYTES = 12;
const TYPES = { short: 3, undefined: 7 } as const;

/**
 * A TIFF whose first page has these tags instead of what it has under them. Its directory is written anew behind the end.
 * @returns the file as it is when it is a BigTIFF or its directory is damaged
 */
export function withTiffEntries(bytes: Buffer, added: readonly NewTiffEntry[]): Buffer {
  const isLittle = bytes[0] === 0x49;
  const short = (at: number): number => (isLittle ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at));
  const put = (target: Buffer, value: number, at: number, size: number): unknown =>
    isLittle ? target.writeUIntLE(value, at, size) : target.writeUIntBE(value, at, size);
  if (bytes.length < 8 || short(2) !== 42) return bytes;
  const directory = isLittle ? bytes.readUInt32LE(4) : bytes.readUInt32BE(4);
  const entriesAt = directory + 2;
  const count = entriesAt <= bytes.length ? short(directory) : 0;
  const linkAt = entriesAt + ENTRY_BYTES * count;
  if (count === 0 || linkAt + 4 > bytes.length) return bytes;

  const parts = [bytes, Buffer.alloc(bytes.length % 2)];
  let end = bytes.length + (bytes.length % 2);
  const entries = new Map<number, Buffer>();
  for (let at = entriesAt; at < linkAt; at += ENTRY_BYTES) entries.set(short(at), bytes.subarray(at, at + ENTRY_BYTES));
  for (const { tag, type, data } of added) {
    const entry = Buffer.alloc(ENTRY_BYTES);
    put(entry, tag, 0, 2);
    put(entry, TYPES[type], 2, 2);
    put(entry, type === 'short' ? 1 : data.length, 4, 4);
    if (type === 'short') put(entry, data[0], 8, 2);
    else {
      put(entry, end, 8, 4);
      parts.push(data, Buffer.alloc(data.length % 2));
      end += data.length + (data.length % 2);
    }
    entries.set(tag, entry);
  }
  const size = Buffer.alloc(2);
  put(size, entries.size, 0, 2);
  const sorted = [...entries].sort(([a], [b]) => a - b).map(([, entry]) => entry);
  const whole = Buffer.concat([...parts, size, ...sorted, bytes.subarray(linkAt, linkAt + 4)]);
  put(whole, end, 4, 4);
  return whole;
}
