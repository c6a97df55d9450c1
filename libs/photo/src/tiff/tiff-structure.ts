import type { FileHandle } from 'node:fs/promises';
import { corruptPhoto } from '../photo-errors.js';

/** How numbers are stored: byte order, and whether offsets and counts take 8 bytes (BigTIFF) or 4. */
export interface TiffLayout {
  readonly isBig: boolean;
  readonly isLittle: boolean;
}

/** One entry of a directory. */
export interface TiffEntry {
  readonly type: number;
  readonly count: number;
  /** Where the values lie in the file. */
  readonly valuesAt: number;
  /** Bytes of all values. */
  readonly lengthBytes: number;
}

export interface TiffDirectory {
  readonly entries: ReadonlyMap<number, TiffEntry>;
  /** Offset of the next page's directory, 0 after the last one. */
  readonly next: number;
  /** Where that offset is stored. */
  readonly nextLinkAt: number;
}

/** More entries than this are read by no decoder; the limit is libtiff's. */
const MAX_ENTRIES = 4096;
/** Values of one entry that are looked at. */
const MAX_VALUES = 64;

/** Bytes of one value by field type, and whether it is signed; only whole numbers are read. */
const INTEGER_TYPES: Readonly<Record<number, { readonly bytes: number; readonly isSigned: boolean }>> = {
  1: { bytes: 1, isSigned: false },
  3: { bytes: 2, isSigned: false },
  4: { bytes: 4, isSigned: false },
  6: { bytes: 1, isSigned: true },
  7: { bytes: 1, isSigned: false },
  8: { bytes: 2, isSigned: true },
  9: { bytes: 4, isSigned: true },
  13: { bytes: 4, isSigned: false },
  16: { bytes: 8, isSigned: false },
  17: { bytes: 8, isSigned: true },
  18: { bytes: 8, isSigned: false },
};
const TYPE_BYTES: Readonly<Record<number, number>> = { 2: 1, 5: 8, 10: 8, 11: 4, 12: 8 };
const ASCII = 2;

/** A TIFF file as directories of entries. Nothing is decoded; reads are small and bounded. */
export class TiffStructure {
  private constructor(
    private readonly file: FileHandle,
    private readonly size: number,
    readonly layout: TiffLayout,
    /** The first 16 bytes of the file. */
    readonly head: Buffer,
  ) {}

  /** @throws PhotoError `corrupt_photo` when the header is cut short */
  static async open(file: FileHandle): Promise<TiffStructure> {
    const head = await readAt(file, 0, 16);
    if (head.length < 8) throw corruptPhoto('TIFF header is cut short');
    const isLittle = head[0] === 0x49;
    const layout = { isLittle, isBig: head[isLittle ? 2 : 3] === 0x2b };
    return new TiffStructure(file, (await file.stat()).size, layout, head);
  }

  /** Bytes of one offset. */
  get offsetBytes(): number {
    return this.layout.isBig ? 8 : 4;
  }

  /** Where the offset of the first page's directory is stored. */
  get firstLinkAt(): number {
    return this.layout.isBig ? 8 : 4;
  }

  /** The offset that is stored at a place; 0 when it, or what it points at, is not in the file. */
  async offsetAt(linkAt: number): Promise<number> {
    const bytes = await readAt(this.file, linkAt, this.offsetBytes);
    const offset = bytes.length < this.offsetBytes ? 0 : this.number(bytes, 0, this.offsetBytes);
    return offset < this.size ? offset : 0;
  }

  /** Where the next page's offset is stored, by the count of entries alone; undefined when the directory is not in the file. */
  async nextLinkAt(directoryAt: number): Promise<number | undefined> {
    const count = await this.entryCount(directoryAt);
    if (count === undefined) return undefined;
    const linkAt = directoryAt + this.countBytes + count * this.entryBytes;
    return Number.isSafeInteger(linkAt) ? linkAt : undefined;
  }

  /** @throws PhotoError `corrupt_photo` when the directory is not wholly in the file */
  async readDirectory(directoryAt: number): Promise<TiffDirectory> {
    const count = await this.entryCount(directoryAt);
    if (count === undefined || count > MAX_ENTRIES) throw corruptPhoto('TIFF directory is not in the file');
    const entriesAt = directoryAt + this.countBytes;
    const bytes = await readAt(this.file, entriesAt, count * this.entryBytes);
    if (bytes.length < count * this.entryBytes) throw corruptPhoto('TIFF directory is cut short');
    const entries = new Map<number, TiffEntry>();
    for (let at = 0; at < bytes.length; at += this.entryBytes) {
      const tag = this.number(bytes, at, 2);
      // Of two entries with one tag, decoders take the first.
      if (!entries.has(tag)) entries.set(tag, this.entryIn(bytes, at, entriesAt));
    }
    const nextLinkAt = entriesAt + bytes.length;
    return { entries, next: await this.offsetAt(nextLinkAt), nextLinkAt };
  }

  /**
   * The whole numbers of an entry, at most that many; undefined when there is none or it holds no whole numbers.
   * @throws PhotoError `corrupt_photo` when they lie outside the file
   */
  async numbers(directory: TiffDirectory, tag: number, maxValues = MAX_VALUES): Promise<number[] | undefined> {
    const entry = directory.entries.get(tag);
    const type = entry && INTEGER_TYPES[entry.type];
    if (!entry || !type || entry.count === 0) return undefined;
    const count = Math.min(entry.count, maxValues);
    if (count * type.bytes > this.size) throw corruptPhoto(`Values of TIFF tag ${tag} are not in the file`);
    const bytes = await readAt(this.file, entry.valuesAt, count * type.bytes);
    if (bytes.length < count * type.bytes) throw corruptPhoto(`Values of TIFF tag ${tag} are not in the file`);
    return Array.from({ length: count }, (_, i) => this.number(bytes, i * type.bytes, type.bytes, type.isSigned));
  }

  /** The text of an entry, 64 bytes at most; empty when there is none. */
  async text(directory: TiffDirectory, tag: number): Promise<string> {
    const entry = directory.entries.get(tag);
    if (entry?.type !== ASCII) return '';
    const bytes = await readAt(this.file, entry.valuesAt, Math.min(entry.count, MAX_VALUES));
    return bytes.toString('latin1').replace(/\0.*$/s, '').trim();
  }

  private entryIn(bytes: Buffer, at: number, entriesAt: number): TiffEntry {
    const type = this.number(bytes, at + 2, 2);
    const count = this.number(bytes, at + 4, this.offsetBytes);
    const fieldAt = at + 4 + this.offsetBytes;
    const length = count * (INTEGER_TYPES[type]?.bytes ?? TYPE_BYTES[type] ?? 1);
    const isInline = length <= this.offsetBytes;
    const valuesAt = isInline ? entriesAt + fieldAt : this.number(bytes, fieldAt, this.offsetBytes);
    return { type, count, valuesAt, lengthBytes: length };
  }

  private async entryCount(directoryAt: number): Promise<number | undefined> {
    const bytes = await readAt(this.file, directoryAt, this.countBytes);
    return bytes.length < this.countBytes ? undefined : this.number(bytes, 0, this.countBytes);
  }

  private number(bytes: Buffer, at: number, length: number, isSigned = false): number {
    const { isLittle } = this.layout;
    if (length === 8) {
      if (isSigned) return Number(isLittle ? bytes.readBigInt64LE(at) : bytes.readBigInt64BE(at));
      return Number(isLittle ? bytes.readBigUInt64LE(at) : bytes.readBigUInt64BE(at));
    }
    if (isSigned) return isLittle ? bytes.readIntLE(at, length) : bytes.readIntBE(at, length);
    return isLittle ? bytes.readUIntLE(at, length) : bytes.readUIntBE(at, length);
  }

  private get countBytes(): number {
    return this.layout.isBig ? 8 : 2;
  }

  private get entryBytes(): number {
    return this.layout.isBig ? 20 : 12;
  }
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  if (!Number.isSafeInteger(position) || length === 0) return Buffer.alloc(0);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
  return buffer.subarray(0, bytesRead);
}
