import type { DecodeCost } from './decode-cost.js';
import type { ReadAt } from './jpeg-layout.js';

/** Directories that are looked at; a file with more counts as costly. */
const MAX_DIRECTORIES = 8;
const MAX_ENTRIES = 512;
const TAG = {
  width: 256,
  height: 257,
  bits: 258,
  compression: 259,
  photometric: 262,
  samples: 277,
  tileWidth: 322,
  subDirectories: 330,
} as const;
const [JPEG, SEPARATED, NO_COMPRESSION] = [7, 5, 1];
/** Bytes of one value of a field that is a short or a long. */
const VALUE_BYTES: Readonly<Record<number, number>> = { 1: 1, 3: 2, 4: 4, 13: 4, 16: 8 };

/** The cost of a TIFF's costliest page. */
export async function tiffCost(read: ReadAt): Promise<DecodeCost> {
  const reader = await TiffReader.open(read);
  let costliest: DecodeCost = { pixels: 0, per100Megapixels: 0, perMebibyte: 0.015 };
  let at = await reader.number(reader.isBig ? 8 : 4, reader.offsetBytes);
  for (let page = 0; at > 0; page++) {
    if (page === MAX_DIRECTORIES) return unknownCost(costliest);
    const directory = await reader.directory(at);
    if (!directory) return costliest;
    if (directory.tags.has(TAG.subDirectories) || directory.isCut) return unknownCost(costliest);
    const cost = pageCost(directory.tags);
    if (cost.pixels * cost.per100Megapixels > costliest.pixels * costliest.per100Megapixels) costliest = cost;
    at = directory.next;
  }
  return costliest;
}

/** Pages beyond those that were looked at may be as large as is allowed. */
function unknownCost({ perMebibyte }: DecodeCost): DecodeCost {
  return { pixels: 1e8, per100Megapixels: 1, perMebibyte };
}

function pageCost(tags: ReadonlyMap<number, number>): DecodeCost {
  const value = (tag: number, otherwise: number): number => tags.get(tag) ?? otherwise;
  const pixelBytes = Math.max(1, (value(TAG.samples, 1) * value(TAG.bits, 8)) / 8);
  const isCompressed = value(TAG.compression, NO_COMPRESSION) !== NO_COMPRESSION;
  const isSlow =
    value(TAG.compression, 1) === JPEG ||
    value(TAG.photometric, 0) === SEPARATED ||
    (isCompressed && tags.has(TAG.tileWidth));
  // Colors of a press are turned into those of a screen; compressed tiles come one by one, JPEGs perhaps in many scans.
  const per100Megapixels = isSlow ? 5 : 0.2 * pixelBytes;
  return { pixels: value(TAG.width, 0) * value(TAG.height, 0), per100Megapixels, perMebibyte: 0.015 };
}

/** First values of the entries of a directory, by their tags, and where the next directory is. */
interface Directory {
  readonly tags: ReadonlyMap<number, number>;
  readonly next: number;
  /** It has more entries than were looked at. */
  readonly isCut: boolean;
}

class TiffReader {
  private constructor(
    private readonly read: ReadAt,
    readonly isBig: boolean,
    private readonly isLittle: boolean,
  ) {}

  static async open(read: ReadAt): Promise<TiffReader> {
    const head = await read(0, 4);
    const isLittle = head[0] === 0x49;
    return new TiffReader(read, head[isLittle ? 2 : 3] === 0x2b, isLittle);
  }

  get offsetBytes(): number {
    return this.isBig ? 8 : 4;
  }

  /** 0 when it is not in the file. */
  async number(at: number, length: number): Promise<number> {
    const bytes = await this.read(at, length);
    return bytes.length < length ? 0 : this.numberIn(bytes, 0, length);
  }

  async directory(at: number): Promise<Directory | undefined> {
    const [countBytes, entryBytes] = this.isBig ? [8, 20] : [2, 12];
    const count = await this.number(at, countBytes);
    if (count > MAX_ENTRIES) return { tags: new Map(), next: 0, isCut: true };
    const bytes = await this.read(at + countBytes, count * entryBytes + this.offsetBytes);
    if (bytes.length < count * entryBytes) return undefined;
    const tags = new Map<number, number>();
    for (let entry = 0; entry < count * entryBytes; entry += entryBytes) {
      const tag = this.numberIn(bytes, entry, 2);
      if (!tags.has(tag)) tags.set(tag, await this.firstValue(bytes, entry));
    }
    const hasNext = bytes.length === count * entryBytes + this.offsetBytes;
    return { tags, next: hasNext ? this.numberIn(bytes, count * entryBytes, this.offsetBytes) : 0, isCut: false };
  }

  private async firstValue(bytes: Uint8Array, entry: number): Promise<number> {
    const valueBytes = VALUE_BYTES[this.numberIn(bytes, entry + 2, 2)] ?? 0;
    const count = this.numberIn(bytes, entry + 4, this.offsetBytes);
    const fieldAt = entry + 4 + this.offsetBytes;
    if (valueBytes === 0 || count === 0) return 0;
    if (valueBytes * count <= this.offsetBytes) return this.numberIn(bytes, fieldAt, valueBytes);
    // Only the depths of several samples are stored elsewhere.
    if (this.numberIn(bytes, entry, 2) !== TAG.bits) return 0;
    return this.number(this.numberIn(bytes, fieldAt, this.offsetBytes), valueBytes);
  }

  private numberIn(bytes: Uint8Array, at: number, length: number): number {
    let number = 0;
    for (let i = 0; i < length; i++) number = number * 256 + bytes[at + (this.isLittle ? length - 1 - i : i)];
    return number;
  }
}
