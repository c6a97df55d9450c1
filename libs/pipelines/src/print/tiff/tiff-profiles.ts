import type { ThreadContext } from '../../engine/thread-context.js';
import { cmykProfile, srgbProfile } from '../icc-profiles.js';
import type { BandEncoder, OutputProfile, PrintFormat } from '../output-profile.js';
import { joinStrips, rowsOfStrip, stripsOf } from '../strips.js';
import { cmykConverter } from './cmyk-converter.js';
import { deflatePacker, lzwPacker, plainPacker, type StripPacker, type StripShape } from './strip-packers.js';
import { COMPRESSION, PHOTOMETRIC, type TiffMetadata } from './tiff-directory.js';
import { TiffWriter } from './tiff-writer.js';

/** How one profile's samples are stored. */
interface TiffKind extends Pick<TiffMetadata, 'compression' | 'photometric' | 'samplesPerPixel' | 'predicted'> {
  readonly name: string;
  readonly packer: (shape: StripShape, context: ThreadContext) => StripPacker;
  readonly iccProfile: () => Promise<Uint8Array>;
}

const rgb = { photometric: PHOTOMETRIC.rgb, samplesPerPixel: 3, iccProfile: srgbProfile } as const;
const inks = { photometric: PHOTOMETRIC.separated, samplesPerPixel: 4, iccProfile: cmykProfile } as const;
const lzw = { compression: COMPRESSION.lzw, predicted: true, packer: lzwPacker } as const;
const deflate = { compression: COMPRESSION.deflate, predicted: true, packer: deflatePacker } as const;
const plain = { compression: COMPRESSION.none, predicted: false, packer: plainPacker } as const;

/** What print shops ask for: RGB, LZW with horizontal predictor, sRGB profile. */
export const tiffLzw = tiffProfile({ name: 'tiff-lzw', ...rgb, ...lzw });

/** Smaller files for readers that know Adobe's Deflate, as all of this century do. */
export const tiffDeflate = tiffProfile({ name: 'tiff-deflate', ...rgb, ...deflate });

/** For readers that know no compression at all. */
export const tiffNone = tiffProfile({ name: 'tiff-none', ...rgb, ...plain });

/** For presses that take inks and nothing else: the image library's CMYK profile, embedded. */
export const tiffCmyk = tiffProfile({ name: 'tiff-cmyk', ...inks, ...lzw });

function tiffProfile({ name, packer, iccProfile, ...codes }: TiffKind): OutputProfile {
  const channels = codes.samplesPerPixel;
  const rowsPerStrip = (format: PrintFormat): number => rowsOfStrip(format, channels);
  return {
    name,
    fileEnding: 'tiff',
    mediaType: 'image/tiff',
    rowsPerStrip,
    createEncoder: (format, context) => {
      const shape = { widthPx: format.widthPx, channels, stripRows: rowsPerStrip(format) };
      const pack = packer(shape, context);
      return codes.photometric === PHOTOMETRIC.rgb ? rgbEncoder(shape, pack) : cmykEncoder(shape, pack, context);
    },
    createWriter: async (path, format) => {
      const metadata = { ...format, ...codes, rowsPerStrip: rowsPerStrip(format), iccProfile: await iccProfile() };
      return TiffWriter.create(path, metadata);
    },
  };
}

function rgbEncoder({ widthPx, stripRows }: StripShape, pack: StripPacker): BandEncoder {
  return {
    encode: (rgb, _y0, rows) =>
      joinStrips([...stripsOf(rows, stripRows)].map(({ row, count }) => pack(rgb + row * widthPx * 3, count))),
  };
}

async function cmykEncoder(shape: StripShape, pack: StripPacker, { arena }: ThreadContext): Promise<BandEncoder> {
  const { widthPx, stripRows } = shape;
  const toCmyk = await cmykConverter(widthPx);
  const strip = arena.allocate(widthPx * stripRows * 4 + 16);
  return {
    async encode(rgb, _y0, rows) {
      const cmyk = await toCmyk(arena.u8(rgb, rows * widthPx * 3).slice(), rows);
      const packed = [...stripsOf(rows, stripRows)].map(({ row, count }) => {
        const samples = cmyk.subarray(row * widthPx * 4, (row + count) * widthPx * 4);
        arena.u8(strip, samples.length).set(samples);
        return pack(strip, count);
      });
      return joinStrips(packed);
    },
  };
}
