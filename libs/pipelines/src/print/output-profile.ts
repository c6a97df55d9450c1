import type { Address } from '../engine/arena.js';
import type { ThreadContext } from '../engine/thread-context.js';

/** Metadata of a print file. */
export interface PrintFormat {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly dpi: number;
}

/** What a painting thread hands over for one band. */
export interface EncodedBand {
  /** Compressed pixels, as they go into the file. */
  readonly bytes?: Uint8Array;
  /** Sizes of the strips that {@link bytes} holds one after another. */
  readonly stripSizes?: readonly number[];
  /** Checksum where a format has one over all its data. */
  readonly checksum?: number;
  readonly preview?: BandPreview;
}

/** Sums of a band for the lines of the preview that it touches, see the kernel addToPreview. */
export interface BandPreview {
  readonly firstLine: number;
  readonly sums: Float64Array;
}

/** In a painting thread: turns the pixels of bands into bytes of a file. Bands start at a multiple of the strip height. */
export interface BandEncoder {
  /** @param rgb rows * widthPx * 3 bytes */
  encode(rgb: Address, y0: number, rows: number): Promise<EncodedBand> | EncodedBand;
}

/** On the main thread: puts encoded bands into a file, from the top down. */
export interface PrintWriter {
  append(band: EncodedBand): Promise<void>;
  /** Completes and closes the file. @returns its size in bytes */
  finish(): Promise<number>;
  /** Closes the file as it is, for a render that failed. */
  abandon(): Promise<void>;
}

/** A kind of file that prints are written as. */
export interface OutputProfile {
  readonly name: string;
  readonly fileEnding: string;
  readonly mediaType: string;
  /** Longest side that the format has room for; none where no sheet is too large. */
  readonly maxSidePx?: number;
  /** Rows that are encoded together; a function of the width alone, so that files do not depend on the band height. */
  rowsPerStrip(format: PrintFormat): number;
  createEncoder(
    format: PrintFormat & { readonly bandRows: number },
    context: ThreadContext,
  ): Promise<BandEncoder> | BandEncoder;
  createWriter(path: string, format: PrintFormat): Promise<PrintWriter>;
}
