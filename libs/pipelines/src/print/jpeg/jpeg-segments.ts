/** The markers of a baseline JPEG that prints need (ITU T.81, table B.1), the second byte of each. */
export const MARKER = {
  frame: 0xc0,
  huffmanTable: 0xc4,
  restart: 0xd0,
  start: 0xd8,
  end: 0xd9,
  scan: 0xda,
  quantizationTable: 0xdb,
  restartInterval: 0xdd,
  jfif: 0xe0,
  iccProfile: 0xe2,
} as const;

/** A marker and what belongs to it. */
export function jpegSegment(marker: number, payload: Uint8Array): Buffer {
  const head = Buffer.from([0xff, marker, 0, 0]);
  head.writeUInt16BE(payload.length + 2, 2);
  return Buffer.concat([head, payload]);
}

export interface JpegParts {
  /** Tables, frame header and scan header, each a whole segment. */
  readonly headers: readonly Buffer[];
  /** The entropy-coded data of the one scan. */
  readonly scan: Buffer;
}

/**
 * Takes a baseline JPEG of one scan apart, and leaves out what does not describe its pixels.
 * @throws RangeError for another kind of JPEG
 */
export function splitJpeg(jpeg: Buffer): JpegParts {
  const headers: Buffer[] = [];
  for (let at = 2; ;) {
    const marker = jpeg.readUInt16BE(at) - 0xff00;
    const end = at + 2 + jpeg.readUInt16BE(at + 2);
    if (!KNOWN.has(marker)) throw new RangeError(`Unexpected JPEG marker 0x${marker.toString(16)}`);
    if (!IGNORED.has(marker)) headers.push(jpeg.subarray(at, end));
    if (marker === MARKER.scan) return { headers, scan: jpeg.subarray(end, jpeg.length - 2) };
    at = end;
  }
}

const IGNORED = new Set<number>([MARKER.jfif]);
const KNOWN = new Set<number>([
  ...IGNORED,
  ...[MARKER.quantizationTable, MARKER.huffmanTable, MARKER.frame, MARKER.scan],
]);

/** The frame header of a picture of the same kind but another height. */
export function withHeight(frame: Buffer, heightPx: number): Buffer {
  const changed = Buffer.from(frame);
  // Behind marker, length and precision.
  changed.writeUInt16BE(heightPx, 5);
  return changed;
}
