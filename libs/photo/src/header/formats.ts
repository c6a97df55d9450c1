/** Formats a customer may send, in the order in which the service names them. */
export const PHOTO_FORMATS = ['JPEG', 'PNG', 'TIFF', 'BMP', 'WEBP'] as const;

export type PhotoFormat = (typeof PHOTO_FORMATS)[number];

/** A format that the native decoder reads. */
export type NativeFormat = Exclude<PhotoFormat, 'BMP'>;

/** Longest side, in pixels as stored, of a photo that is accepted. */
export const MAX_PHOTO_SIDE_PX = 10_000;

export interface FormatInfo {
  readonly extension: 'jpg' | 'png' | 'tiff' | 'bmp' | 'webp';
  readonly mimeType: string;
}

export const FORMAT_INFO: Readonly<Record<PhotoFormat, FormatInfo>> = {
  JPEG: { extension: 'jpg', mimeType: 'image/jpeg' },
  PNG: { extension: 'png', mimeType: 'image/png' },
  TIFF: { extension: 'tiff', mimeType: 'image/tiff' },
  BMP: { extension: 'bmp', mimeType: 'image/bmp' },
  WEBP: { extension: 'webp', mimeType: 'image/webp' },
};

/** Bytes that {@link sniffFormat} needs at most. */
export const SIGNATURE_BYTES = 18;

const TIFF_MARKS = ['49492a00', '4d4d002a', '49492b00', '4d4d002b'];
const BMP_HEADER_SIZES = [12, 16, 40, 52, 56, 64, 108, 124];

/**
 * The format that the first bytes of a file announce, whatever its name.
 * @param head at least {@link SIGNATURE_BYTES} bytes where the file has as many
 * @returns undefined when it is none of the accepted formats
 */
export function sniffFormat(head: Buffer): PhotoFormat | undefined {
  if (head.length < 4) return undefined;
  const mark = head.toString('hex', 0, 4);
  if (mark.startsWith('ffd8ff')) return 'JPEG';
  if (head.toString('hex', 0, 8) === '89504e470d0a1a0a') return 'PNG';
  if (TIFF_MARKS.includes(mark)) return 'TIFF';
  if (head.toString('latin1', 0, 4) === 'RIFF' && head.toString('latin1', 8, 12) === 'WEBP') return 'WEBP';
  // Two letters alone would let any text that begins with "BM" through.
  const isBmp =
    head.length >= SIGNATURE_BYTES && mark.startsWith('424d') && BMP_HEADER_SIZES.includes(head.readUInt32LE(14));
  return isBmp ? 'BMP' : undefined;
}
