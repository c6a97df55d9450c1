import type { ThreadContext } from '../../engine/thread-context.js';
import { srgbProfile } from '../icc-profiles.js';
import { loadSharp } from '../load-sharp.js';
import type { BandEncoder, OutputProfile, PrintFormat } from '../output-profile.js';
import { joinStrips, stripsOf } from '../strips.js';
import { MARKER, splitJpeg, withHeight } from './jpeg-segments.js';
import { JpegWriter } from './jpeg-writer.js';

/** Side of the blocks that a JPEG without subsampling is coded in. */
const BLOCK_PX = 8;

/** Strips are about this large before compression, but have no more than {@link MOST_STRIP_ROWS}. */
const STRIP_BYTES = 1024 * 1024;
const MOST_STRIP_ROWS = 128;

/** Every strip has the same tables: those of the quality, and the Huffman tables that the standard suggests. */
const ENCODING = { quality: 92, chromaSubsampling: '4:4:4', optimiseCoding: false, progressive: false } as const;

/** Small files for a quick look or an upload limit: baseline, no chroma subsampling, sRGB profile. */
export const jpeg: OutputProfile = {
  name: 'jpeg',
  fileEnding: 'jpg',
  mediaType: 'image/jpeg',
  // What libjpeg reads; the format itself has room for a few more.
  maxSidePx: 65_500,
  rowsPerStrip,
  createEncoder: jpegEncoder,
  createWriter: async (path, format) => {
    const stripRows = rowsPerStrip(format);
    const restartInterval = Math.ceil(format.widthPx / BLOCK_PX) * (stripRows / BLOCK_PX);
    const iccProfile = await srgbProfile();
    return JpegWriter.create(path, { ...format, rowsPerStrip: stripRows, restartInterval, iccProfile });
  },
};

/** Whole rows of blocks. */
function rowsPerStrip({ widthPx }: PrintFormat): number {
  const rows = Math.min(MOST_STRIP_ROWS, Math.floor(STRIP_BYTES / (widthPx * 3)));
  return BLOCK_PX * Math.max(1, Math.floor(rows / BLOCK_PX));
}

/**
 * Each strip is encoded as a picture of its own, and only its entropy-coded data is used: at a restart marker a decoder
 * begins anew, as at the start of a picture.
 */
async function jpegEncoder(format: PrintFormat, { arena }: ThreadContext): Promise<BandEncoder> {
  const sharp = await loadSharp();
  const { widthPx, heightPx } = format;
  const stripRows = rowsPerStrip(format);
  return {
    async encode(rgb, y0, rows) {
      const strips: Uint8Array[] = [];
      for (const { row, count } of stripsOf(rows, stripRows)) {
        const pixels = arena.u8(rgb + row * widthPx * 3, count * widthPx * 3).slice();
        const raw = { width: widthPx, height: count, channels: 3 } as const;
        const { headers, scan } = splitJpeg(await sharp(pixels, { raw }).jpeg(ENCODING).toBuffer());
        const index = (y0 + row) / stripRows;
        strips.push(Buffer.concat([...(index === 0 ? ofWhole(headers, heightPx) : [restartMarker(index)]), scan]));
      }
      return joinStrips(strips);
    },
  };
}

function ofWhole(headers: readonly Buffer[], heightPx: number): Buffer[] {
  return headers.map((segment) => (segment[1] === MARKER.frame ? withHeight(segment, heightPx) : segment));
}

/** Between two strips; their markers count to eight and begin again. */
function restartMarker(index: number): Buffer {
  return Buffer.from([0xff, MARKER.restart + ((index - 1) % 8)]);
}
