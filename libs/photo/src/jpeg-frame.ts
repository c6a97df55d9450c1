import { type FileHandle, open } from 'node:fs/promises';
import { jpegLayout, MAX_JPEG_SCANS } from './header/index.js';
import { tooManyScans, unsupportedKind } from './photo-errors.js';

/** What a JPEG's frame header declares. */
export interface JpegFrame {
  /** The second byte of its marker, C0 to CF or F7. */
  readonly marker: number;
  readonly bits: number;
  /** 0 when it follows the first scan. */
  readonly height: number;
  /** Horizontal and vertical sampling of each component. */
  readonly sampling: readonly (readonly [number, number])[];
}

const MARKER = 0xff;
const [SOI, EOI, SOS, DHP, JPEG_LS] = [0xd8, 0xd9, 0xda, 0xde, 0xf7];
const LOSSLESS = 0xc3;
const [LOSSLESS_ARITHMETIC, HIERARCHICAL] = [0xcb, [0xc5, 0xc6, 0xc7, 0xcd, 0xce, 0xcf, DHP]];
/** Marks in the range of frame headers that are none: Huffman tables, an extension, arithmetic coding. */
const NO_FRAMES = [0xc4, 0xc8, 0xcc];
const COMPONENTS = [1, 3, 4];
const WINDOW_BYTES = 1024;

const ADVICE = 'save it as a baseline JPEG (8 bits a channel) or as a PNG';

/**
 * Refuses JPEGs that are whole and that the decoder does not read, reads wrong, or would read for minutes.
 * @throws PhotoError `unsupported_format`, or `photo_too_complex` for more than {@link MAX_JPEG_SCANS} scans
 */
export async function checkJpegKind(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    const frame = await findFrame(file);
    const kind = frame && unreadableKind(frame);
    if (kind !== undefined) throw unsupportedKind(kind, ADVICE);
    const read = async (position: number, length: number): Promise<Buffer> => {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
      return buffer.subarray(0, bytesRead);
    };
    if ((await jpegLayout(read, { maxScans: MAX_JPEG_SCANS })).scans > MAX_JPEG_SCANS) throw tooManyScans();
  } finally {
    await file.close();
  }
}

function unreadableKind({ marker, bits, height, sampling }: JpegFrame): string | undefined {
  if (marker === JPEG_LS) return 'JPEG-LS image';
  if (HIERARCHICAL.includes(marker)) return 'hierarchical JPEG';
  if (marker === LOSSLESS_ARITHMETIC) return 'lossless JPEG with arithmetic coding';
  if (bits !== 8) return `${marker === LOSSLESS ? 'lossless JPEG' : 'JPEG'} of ${bits} bits a channel`;
  if (height === 0) return 'JPEG whose height follows its first scan (DNL)';
  if (!COMPONENTS.includes(sampling.length)) return `JPEG of ${sampling.length} channels`;
  return isWholeNumbered(sampling) ? undefined : 'JPEG with fractional chroma subsampling';
}

/** Whether each channel has a whole number of pixels for one of its own. */
function isWholeNumbered(sampling: JpegFrame['sampling']): boolean {
  const most = [0, 1].map((axis) => Math.max(...sampling.map((one) => one[axis])));
  return sampling.every((one) => one.every((factor, axis) => factor === 0 || most[axis] % factor === 0));
}

/**
 * The first frame header of a JPEG, which its segments are followed to without reading them.
 * @returns undefined when there is none ahead of the first scan: then the file is damaged
 */
async function findFrame(file: FileHandle): Promise<JpegFrame | undefined> {
  const window = Buffer.alloc(WINDOW_BYTES);
  for (let at = 2; ;) {
    const bytes = window.subarray(0, (await file.read(window, 0, WINDOW_BYTES, at)).bytesRead);
    // A few stray bytes may stand between two segments.
    const start = bytes.findIndex((byte, i) => byte === MARKER && (bytes[i + 1] ?? 0) !== 0 && bytes[i + 1] !== MARKER);
    if (start < 0 || start + 4 > bytes.length) return undefined;
    const marker = bytes[start + 1];
    if (marker === EOI || marker === SOS) return undefined;
    if (isFrame(marker)) return parseFrame(marker, bytes.subarray(start + 4));
    const hasLength = marker !== SOI && marker !== 0x01 && !(marker >= 0xd0 && marker <= 0xd7);
    at += start + 2 + (hasLength ? bytes.readUInt16BE(start + 2) : 0);
  }
}

function isFrame(marker: number): boolean {
  return (marker >= 0xc0 && marker <= 0xcf && !NO_FRAMES.includes(marker)) || marker === JPEG_LS || marker === DHP;
}

function parseFrame(marker: number, data: Buffer): JpegFrame | undefined {
  const count = data[5];
  if (data.length < 6 + 3 * count) return undefined;
  const sampling = Array.from({ length: count }, (_, i) => [data[7 + 3 * i] >> 4, data[7 + 3 * i] & 15] as const);
  return { marker, bits: data[0], height: data.readUInt16BE(1), sampling };
}
