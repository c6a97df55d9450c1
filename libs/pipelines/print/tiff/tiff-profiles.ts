import type { Desk } from '../../engine/desk.js';
import type { BandEncoder, EncodedBand, OutputProfile, PrintFormat } from '../output-profile.js';
import { srgbProfile } from '../srgb-profile.js';
import { TiffWriter } from './tiff-writer.js';

/** A strip is about this large before compression, whatever band height the painters work in. */
const STRIP_BYTES = 256 * 1024;

/** The codes of TIFF's tag 259. */
const LZW = 5;

function rowsPerStrip({ widthPx, heightPx }: PrintFormat): number {
  return Math.min(heightPx, Math.max(1, Math.floor(STRIP_BYTES / (widthPx * 3))));
}

/** What print shops ask for: RGB, LZW with horizontal predictor, sRGB profile. */
export const tiffLzw: OutputProfile = {
  name: 'tiff-lzw',
  fileEnding: 'tiff',
  mediaType: 'image/tiff',
  rowsPerStrip,
  createEncoder: (format, desk) => lzwEncoder(format, desk),
  createWriter: async (path, format) =>
    TiffWriter.create(path, {
      ...format,
      rowsPerStrip: rowsPerStrip(format),
      compression: LZW,
      iccProfile: await srgbProfile(),
    }),
};

function lzwEncoder(format: PrintFormat & { bandRows: number }, { kernels, arena }: Desk): BandEncoder {
  const rowBytes = format.widthPx * 3;
  const stripRows = rowsPerStrip(format);
  const differences = arena.allocate(format.bandRows * rowBytes + 16);
  const packed = arena.allocate(Math.ceil(format.bandRows * rowBytes * 1.52) + 16 * format.bandRows);
  const table = arena.allocate(kernels.lzwTableBytes());
  arena.u8(table, kernels.lzwTableBytes()).fill(0);
  return {
    encode(rgb, _y0, rows): EncodedBand {
      kernels.predictRows(rgb, differences, rowBytes, 3, rows);
      const stripSizes: number[] = [];
      let end = packed;
      for (let row = 0; row < rows; row += stripRows) {
        const length = Math.min(stripRows, rows - row) * rowBytes;
        const size = kernels.lzwEncode(differences + row * rowBytes, length, end, table);
        stripSizes.push(size);
        end += size;
      }
      return { bytes: arena.u8(packed, end - packed).slice(), stripSizes };
    },
  };
}
