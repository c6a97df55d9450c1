/** Reads up to `length` bytes at `position`; fewer at the end of the data. */
export type ReadAt = (position: number, length: number) => Promise<Uint8Array>;

/** What the markers of a JPEG reveal about the work of its decoder. */
export interface JpegLayout {
  /** Undefined when no frame header was found. */
  readonly frame?: {
    readonly isProgressive: boolean;
    readonly widthPx: number;
    readonly heightPx: number;
    readonly components: number;
  };
  /** Scans that the decoder goes through: it visits every block again for each. Counted up to the limit and one more. */
  readonly scans: number;
  /** Whether the end was not reached within the bytes that may be read, so that there may be more scans. */
  readonly isCut: boolean;
}

export interface JpegBounds {
  readonly maxScans: number;
  /** Bytes that are read at most; all of them by default. */
  readonly maxBytes?: number;
}

/** Scans of a JPEG that are decoded. Programs write 10 or so; a file of some kilobytes can ask for thousands. */
export const MAX_JPEG_SCANS = 30;

const MARKER = 0xff;
const [SOI, EOI, SOS, TEMPORARY] = [0xd8, 0xd9, 0xda, 0x01];
/** Marks in the range of frame headers that are none: Huffman tables, an extension, arithmetic coding. */
const NO_FRAMES = [0xc4, 0xc8, 0xcc];
const PROGRESSIVE = [0xc2, 0xca];
/** Length, depth, height, width and number of components. */
const FRAME_HEADER_BYTES = 8;
const WINDOW_BYTES = 256 * 1024;

/**
 * Follows a JPEG from marker to marker and counts its scans, in pieces, without decoding a pixel. A picture whose first
 * scan holds all that there is has one: decoders take no other.
 */
export async function jpegLayout(read: ReadAt, { maxScans, maxBytes = Infinity }: JpegBounds): Promise<JpegLayout> {
  const markers = new MarkerReader(read, maxBytes);
  let frame: JpegLayout['frame'];
  let scans = 0;
  for (let at = 2; scans <= maxScans;) {
    const marker = await markers.next(at);
    if (!marker || marker.code === EOI) break;
    const { code, dataAt } = marker;
    at = dataAt;
    if (code === SOI) continue;
    const header = await markers.bytes(dataAt, FRAME_HEADER_BYTES);
    if (header.length < 3) break;
    at += (header[0] << 8) | header[1];
    if (isFrame(code) && header.length === FRAME_HEADER_BYTES) frame ??= parseFrame(code, header);
    if (code === SOS) scans++;
    const isWhole = code === SOS && frame?.isProgressive === false && header[2] >= frame.components;
    if (isWhole) break;
  }
  return { frame, scans, isCut: markers.isCut };
}

function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && !NO_FRAMES.includes(marker);
}

function parseFrame(marker: number, header: Uint8Array): JpegLayout['frame'] {
  return {
    isProgressive: PROGRESSIVE.includes(marker),
    heightPx: (header[3] << 8) | header[4],
    widthPx: (header[5] << 8) | header[6],
    components: header[7],
  };
}

/** Finds markers in data that is read window by window. */
class MarkerReader {
  isCut = false;
  private window: Uint8Array = new Uint8Array();
  private windowAt = 0;

  constructor(
    private readonly read: ReadAt,
    private readonly maxBytes: number,
  ) {}

  /** The first marker at `from` or behind it that neither belongs to coded pixels nor stands alone. */
  async next(from: number): Promise<{ code: number; dataAt: number } | undefined> {
    for (let at = from; ;) {
      await this.load(at, 2);
      const { window, windowAt } = this;
      let i = at - windowAt;
      for (; i + 1 < window.length; i++) {
        if (window[i] === MARKER && isSegment(window[i + 1])) return { code: window[i + 1], dataAt: windowAt + i + 2 };
      }
      if (window.length - (at - windowAt) < 2) return undefined;
      at = windowAt + i;
    }
  }

  /** Fewer than `length` at the end. */
  async bytes(at: number, length: number): Promise<Uint8Array> {
    await this.load(at, length);
    return this.window.subarray(at - this.windowAt, at - this.windowAt + length);
  }

  /** Takes care that the window has these bytes, if there are as many. */
  private async load(at: number, length: number): Promise<void> {
    if (at >= this.windowAt && at + length <= this.windowAt + this.window.length) return;
    this.isCut ||= at + length > this.maxBytes;
    this.window = this.isCut ? new Uint8Array() : await this.read(at, WINDOW_BYTES);
    this.windowAt = at;
  }
}

function isSegment(code: number): boolean {
  const isRestart = code >= 0xd0 && code <= 0xd7;
  return code !== 0 && code !== MARKER && code !== TEMPORARY && !isRestart;
}
