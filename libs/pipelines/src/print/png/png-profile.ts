import { constants, deflateRawSync } from 'node:zlib';
import type { ThreadContext } from '../../engine/thread-context.js';
import { srgbProfile } from '../icc-profiles.js';
import type { BandEncoder, OutputProfile, PrintFormat } from '../output-profile.js';
import { joinStrips, rowsOfStrip, stripsOf } from '../strips.js';
import { combineAdler } from './adler.js';
import { pngChunk } from './chunks.js';
import { PngWriter } from './png-writer.js';

/** Two bytes of zlib before the first strip: Deflate with a window of 32 KiB, the default level. */
const ZLIB_HEADER = Uint8Array.from([0x78, 0x9c]);

/** For screens and the web, and for print shops that take no TIFF: 8-bit RGB, sRGB profile. */
export const png: OutputProfile = {
  name: 'png',
  fileEnding: 'png',
  mediaType: 'image/png',
  rowsPerStrip,
  createEncoder: pngEncoder,
  createWriter: async (path, format) =>
    PngWriter.create(path, { ...format, rowsPerStrip: rowsPerStrip(format), iccProfile: await srgbProfile() }),
};

function rowsPerStrip(format: PrintFormat): number {
  return rowsOfStrip(format, 3);
}

/**
 * Strips are compressed apart from one another and end on a whole byte (zlib's sync flush), so that one after another they
 * make one stream.
 */
function pngEncoder(format: PrintFormat, { kernels, arena }: ThreadContext): BandEncoder {
  const rowBytes = format.widthPx * 3;
  const stripRows = rowsPerStrip(format);
  const filtered = arena.allocate((rowBytes + 1) * stripRows + 16);
  return {
    encode(rgb, y0, rows) {
      let checksum = 1;
      const strips: Uint8Array[] = [];
      for (const { row, count } of stripsOf(rows, stripRows)) {
        kernels.filterPngRows(rgb + row * rowBytes, filtered, rowBytes, count);
        const length = count * (rowBytes + 1);
        checksum = combineAdler(checksum, kernels.adler32(filtered, length), length);
        const deflated = deflateRawSync(arena.u8(filtered, length).slice(), { finishFlush: constants.Z_SYNC_FLUSH });
        strips.push(y0 + row === 0 ? pngChunk('IDAT', ZLIB_HEADER, deflated) : pngChunk('IDAT', deflated));
      }
      return { ...joinStrips(strips), checksum };
    },
  };
}
