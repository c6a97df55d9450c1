/** What EXIF data declare about how a photo is to be shown. */
export interface ExifDeclarations {
  /** 1 to 8; other values declare nothing. */
  readonly orientation?: number;
  /** 1 sRGB, 2 Adobe RGB (of some cameras), 65535 uncalibrated. */
  readonly colorSpace?: number;
  /** `R98` sRGB, `R03` Adobe RGB. */
  readonly interopIndex?: string;
  /** x and y. */
  readonly whitePoint?: readonly number[];
  /** x and y of red, green and blue. */
  readonly primaryChromaticities?: readonly number[];
  readonly gamma?: number;
}

/** Bytes by place; fewer than asked for where the data end. */
export type ByteReader = (at: number, length: number) => Buffer;

const TAGS = {
  orientation: 0x0112,
  whitePoint: 0x013e,
  primaryChromaticities: 0x013f,
  exifDirectory: 0x8769,
  colorSpace: 0xa001,
  interopDirectory: 0xa005,
  gamma: 0xa500,
} as const;
const INTEROP_INDEX = 1;

const ENTRY_BYTES = 12;
const MOST_ENTRIES = 1000;
const MOST_VALUES = 16;
/** Bytes of a value by its type: BYTE, ASCII, SHORT, LONG, RATIONAL. */
const VALUE_BYTES: Readonly<Record<number, number>> = { 1: 1, 2: 1, 3: 2, 4: 4, 5: 8 };
const ASCII = 2;
const RATIONAL = 5;

interface Entry {
  readonly type: number;
  readonly count: number;
  readonly valueAt: number;
}

type Directory = ReadonlyMap<number, Entry>;

/**
 * Declarations in an EXIF block or in a classic TIFF, whose first page is read. Whatever is damaged declares nothing.
 * @param source the block, with or without its `Exif` mark; or how a TIFF is read
 */
export function readExif(source: Buffer | ByteReader): ExifDeclarations {
  const reader = ExifReader.open(typeof source === 'function' ? source : readerOf(source));
  if (reader === undefined) return {};
  const main = reader.directory(reader.firstDirectory);
  const exif = reader.directory(reader.numbers(main, TAGS.exifDirectory)[0]);
  const interop = reader.directory(reader.numbers(exif, TAGS.interopDirectory)[0]);
  const [orientation] = reader.numbers(main, TAGS.orientation);
  return {
    ...(orientation >= 1 && orientation <= 8 ? { orientation } : {}),
    colorSpace: reader.numbers(exif, TAGS.colorSpace)[0],
    interopIndex: reader.text(interop, INTEROP_INDEX),
    whitePoint: reader.numbers(main, TAGS.whitePoint),
    primaryChromaticities: reader.numbers(main, TAGS.primaryChromaticities),
    gamma: reader.numbers(exif, TAGS.gamma)[0],
  };
}

/** An EXIF block that declares an orientation and nothing else. */
export function exifBlock(orientation: number): Buffer {
  const block = Buffer.from('49492a00080000000100120103000100000000000000000000000000', 'hex').subarray(0, 26);
  block.writeUInt16LE(orientation, 18);
  return block;
}

function readerOf(block: Buffer): ByteReader {
  const start = block.toString('latin1', 0, 6) === 'Exif\0\0' ? 6 : 0;
  return (at, length) => block.subarray(start + at, start + at + length);
}

class ExifReader {
  private constructor(
    private readonly read: ByteReader,
    private readonly isLittle: boolean,
    readonly firstDirectory: number,
  ) {}

  static open(read: ByteReader): ExifReader | undefined {
    const head = read(0, 8);
    const mark = head.toString('latin1', 0, 4);
    if (head.length < 8 || (mark !== 'II*\0' && mark !== 'MM\0*')) return undefined;
    const isLittle = mark.startsWith('I');
    return new ExifReader(read, isLittle, isLittle ? head.readUInt32LE(4) : head.readUInt32BE(4));
  }

  /** The entries of a directory by their tags; of a tag given twice the first counts. */
  directory(at: number | undefined): Directory {
    const entries = new Map<number, Entry>();
    if (at === undefined || at < 8) return entries;
    const head = this.read(at, 2);
    if (head.length < 2) return entries;
    const bytes = this.read(at + 2, ENTRY_BYTES * Math.min(MOST_ENTRIES, this.unsigned(head, 0, 2)));
    for (let i = 0; i + ENTRY_BYTES <= bytes.length; i += ENTRY_BYTES) {
      const tag = this.unsigned(bytes, i, 2);
      const [type, count] = [this.unsigned(bytes, i + 2, 2), this.unsigned(bytes, i + 4, 4)];
      const isInline = (VALUE_BYTES[type] ?? 1) * count <= 4;
      const valueAt = isInline ? at + 2 + i + 8 : this.unsigned(bytes, i + 8, 4);
      if (!entries.has(tag)) entries.set(tag, { type, count, valueAt });
    }
    return entries;
  }

  /** The values of an entry; none when it is missing or no list of numbers. */
  numbers(directory: Directory, tag: number): number[] {
    const entry = directory.get(tag);
    const size = entry && VALUE_BYTES[entry.type];
    if (entry === undefined || size === undefined || entry.type === ASCII || entry.count > MOST_VALUES) return [];
    const bytes = this.read(entry.valueAt, size * entry.count);
    if (bytes.length < size * entry.count) return [];
    return Array.from({ length: entry.count }, (_, i) =>
      entry.type === RATIONAL
        ? this.unsigned(bytes, 8 * i, 4) / this.unsigned(bytes, 8 * i + 4, 4)
        : this.unsigned(bytes, size * i, size),
    );
  }

  text(directory: Directory, tag: number): string | undefined {
    const entry = directory.get(tag);
    if (entry?.type !== ASCII) return undefined;
    return this.read(entry.valueAt, Math.min(entry.count, 64)).toString('latin1').split('\0')[0].trim();
  }

  private unsigned(bytes: Buffer, at: number, size: number): number {
    return this.isLittle ? bytes.readUIntLE(at, size) : bytes.readUIntBE(at, size);
  }
}
