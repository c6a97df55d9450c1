import { corruptPhoto, unsupportedKind } from './photo-errors.js';

/** One channel of a pixel that is a single number: which bits it takes. */
export interface ChannelMask {
  readonly shift: number;
  /** Highest value, 0 when the channel is not there. */
  readonly max: number;
}

/** What a BMP's headers declare; sizes are not validated yet. */
export interface BmpHeader {
  readonly widthPx: number;
  readonly heightPx: number;
  /** The first row of the file is the top one; usually it is the lowest. */
  readonly topDown: boolean;
  readonly bitsPerPixel: number;
  readonly coding: 'plain' | 'rle8' | 'rle4';
  readonly pixelOffset: number;
  /** Where the palette lies; empty above 8 bits. */
  readonly palette: { readonly offset: number; readonly entryBytes: 3 | 4; readonly entries: number };
  /** Red, green, blue and alpha of 16 and 32 bits. */
  readonly masks: readonly ChannelMask[];
  /** Whether the fourth channel is announced as alpha; otherwise its bytes mean nothing. */
  readonly hasAlpha: boolean;
}

/** Bytes of a BMP that {@link parseBmpHeader} looks at. */
export const BMP_HEADER_BYTES = 70;

const FILE_HEADER_BYTES = 14;
const INFO_HEADER_BYTES = 40;
/** OS/2 gives numbers of its own to what lies above. */
const OS2_HEADER_BYTES = [16, 64];
const SUPPORTED_BITS = [1, 4, 8, 16, 24, 32];

/** Depths that each way of coding pixels may have. */
const CODINGS: Readonly<Record<number, { coding: BmpHeader['coding']; bits: readonly number[] }>> = {
  0: { coding: 'plain', bits: SUPPORTED_BITS },
  1: { coding: 'rle8', bits: [8] },
  2: { coding: 'rle4', bits: [4] },
  3: { coding: 'plain', bits: [16, 32] },
  6: { coding: 'plain', bits: [16, 32] },
};

const DEFAULT_MASKS: Readonly<Record<number, readonly number[]>> = {
  16: [0x7c00, 0x03e0, 0x001f, 0],
  32: [0xff0000, 0x00ff00, 0x0000ff, 0xff000000],
};

/** @throws PhotoError `corrupt_photo` when the headers are cut short or contradict themselves, `unsupported_format` for rare codings */
export function parseBmpHeader(head: Buffer): BmpHeader {
  const size = head.length >= 18 ? head.readUInt32LE(14) : 0;
  const isCore = size === 12;
  if (head.length < (isCore ? 26 : 54)) throw corruptPhoto('BMP header is cut short');
  const bitsPerPixel = head.readUInt16LE(isCore ? 24 : 28);
  const compression = size < INFO_HEADER_BYTES ? 0 : head.readUInt32LE(30);
  const known = CODINGS[compression];
  const isOs2Coding = OS2_HEADER_BYTES.includes(size) && compression > 2;
  if (!known?.bits.includes(bitsPerPixel) || isOs2Coding) {
    const kind = unreadBmpKind(compression, bitsPerPixel, OS2_HEADER_BYTES.includes(size));
    if (kind !== undefined) throw unsupportedKind(kind, 'save it as a plain BMP of 24 bits or as a PNG');
    throw corruptPhoto('BMP coding is unknown');
  }
  const hasMasks = compression === 3 || compression === 6;
  // The masks follow a header of 40 bytes and are part of a longer one.
  const maskBytes = hasMasks && size === INFO_HEADER_BYTES ? (compression === 6 ? 16 : 12) : 0;
  const header = {
    ...sizeOf(head, isCore),
    bitsPerPixel,
    coding: known.coding,
    pixelOffset: head.readUInt32LE(10),
    palette: paletteOf(head, FILE_HEADER_BYTES + size + maskBytes, { isCore, bitsPerPixel, size }),
    masks: masksOf(head, bitsPerPixel, hasMasks, size + maskBytes >= 56),
    hasAlpha: bitsPerPixel >= 16 && size + maskBytes >= 56 && head.length >= 70 && head.readUInt32LE(66) !== 0,
  };
  const isSane = header.widthPx > 0 && header.heightPx > 0 && header.masks.slice(0, 3).every(({ max }) => max > 0);
  if (!isSane || header.pixelOffset < FILE_HEADER_BYTES + size + maskBytes) {
    throw corruptPhoto('BMP header is contradictory');
  }
  return header;
}

/** A kind of BMP that exists and is not read; undefined when there is no such kind. */
function unreadBmpKind(compression: number, bits: number, isOs2: boolean): string | undefined {
  if (isOs2 && compression === 3 && bits === 1) return 'BMP with Huffman coding (OS/2)';
  if (isOs2 && compression === 4 && bits === 24) return 'BMP with run lengths of 24 bits (OS/2)';
  if (compression === 4 && bits === 0) return 'BMP with a JPEG inside';
  if (compression === 5 && bits === 0) return 'BMP with a PNG inside';
  if (compression >= 11 && compression <= 13) return 'BMP in CMYK';
  if (compression === 0 && (bits === 2 || bits === 64)) return `BMP of ${bits} bits a pixel`;
  return undefined;
}

function sizeOf(head: Buffer, isCore: boolean): Pick<BmpHeader, 'widthPx' | 'heightPx' | 'topDown'> {
  if (isCore) return { widthPx: head.readUInt16LE(18), heightPx: head.readUInt16LE(20), topDown: false };
  const height = head.readInt32LE(22);
  return { widthPx: head.readInt32LE(18), heightPx: Math.abs(height), topDown: height < 0 };
}

function paletteOf(
  head: Buffer,
  offset: number,
  { isCore, bitsPerPixel, size }: { isCore: boolean; bitsPerPixel: number; size: number },
): BmpHeader['palette'] {
  const entryBytes = isCore ? 3 : 4;
  if (bitsPerPixel > 8) return { offset, entryBytes, entries: 0 };
  const most = 1 << bitsPerPixel;
  const announced = size >= INFO_HEADER_BYTES ? head.readUInt32LE(46) : 0;
  const room = Math.max(0, Math.floor((head.readUInt32LE(10) - offset) / entryBytes));
  return { offset, entryBytes, entries: Math.min(most, announced === 0 ? most : announced, room) };
}

function masksOf(head: Buffer, bits: number, hasMasks: boolean, hasAlphaMask: boolean): ChannelMask[] {
  if (bits !== 16 && bits !== 32) return Array<ChannelMask>(4).fill({ shift: 0, max: 255 });
  if (hasMasks && head.length < 66) throw corruptPhoto('BMP header is cut short');
  const masks = hasMasks ? [54, 58, 62].map((at) => head.readUInt32LE(at)) : DEFAULT_MASKS[bits].slice(0, 3);
  masks.push(hasMasks && hasAlphaMask && head.length >= 70 ? head.readUInt32LE(66) : DEFAULT_MASKS[bits][3]);
  return masks.map(channelOf);
}

function channelOf(mask: number): ChannelMask {
  if (mask === 0) return { shift: 0, max: 0 };
  const shift = 31 - Math.clz32(mask & -mask);
  const max = mask >>> shift;
  // Bits with gaps between them are no number.
  if ((max & (max + 1)) !== 0) throw corruptPhoto('BMP channel mask has gaps');
  return { shift, max };
}

/** Bytes of a row of a file that is not run-length coded. */
export function bmpRowBytes({ widthPx, bitsPerPixel }: BmpHeader): number {
  return Math.ceil((widthPx * bitsPerPixel) / 32) * 4;
}

/** Bytes a file must have to hold every row of an image that is not run-length coded. */
export function bmpBytesNeeded(header: BmpHeader): number {
  // Some writers leave out the padding of the very last row.
  const lastRowBytes = Math.ceil((header.widthPx * header.bitsPerPixel) / 8);
  return header.pixelOffset + bmpRowBytes(header) * (header.heightPx - 1) + lastRowBytes;
}
